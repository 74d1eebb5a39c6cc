"""What is marked in a report. In: nothing. Out: one rule a line, as patterns over plain text (`folding`).

The phone reads the same rules from `web/frontend/wording-rules.json`; a test holds the two together.
Patterns use only what Python and JavaScript read alike; every repetition has an upper bound, so that
a search is linear. `<name>` stands for a part. Where the first group has caught something, the match
is the exception to its rule and no mark.
"""

PARTS = {
    "Name": "[A-ZÅÄÖ](?:'[A-ZÅÄÖ])?[a-zåäö]{1,20}(?:-[A-ZÅÄÖ][a-zåäö]{1,20})?",
    "nick": "[\"']? ?[A-Za-zÅÄÖåäö0-9]{1,30}",
    # capitals that are no person's: who is called out, what stands first in a place's name
    "other": (
        "(?!(?:Ambulans|Anl|Avarn|Bevakning|Bil|Brand|Den|Det|Efter|Elektriker|En|Ett|Fastighet"
        "|Förstärkning|Gamla|Glas|Han|Hon|Hund|Ingen|Inget|Jour|Larm|Lilla|Lås|Norra|Ny|Ordningsvakt"
        "|Patrull|Person|Polis|Räddning|Sankt|Securitas|Sedan|Skol|Skydds|Stora|Svenska|Södra|Tekniker"
        "|Telge|Vakt|Vid|Väktar|Västra|Yttre|Östra)[a-zåäö]{0,20}(?![a-zåäö]))"
    ),
    "elsewhere": (
        "(?! ?[A-ZÅÄÖa-zåäö]?[a-zåäö]{0,20}(?:[Aa]larm|[Bb]acken|[Bb]evakning|[Bb]ostäder|[Cc]entral"
        "|[Cc]entrum|[Ee]nergi|[Ff]astigheter|[Gg]atan|[Gg]las|[Hh]allen|[Kk]ommun|[Kk]yrka|[Pp]arken"
        "|[Pp]lan|[Pp]latsen|[Ss]ecurity|[Ss]jukhus|[Ss]kolan?|[Ss]tation(?:en)?|[Tt]org(?:et)?"
        "|[Vv]ägen|AB)(?![a-zåäö]))"
    ),
    "place": (
        "[A-ZÅÄÖa-zåäö]?[a-zåäö]{0,20}(?:[Bb]olaget|[Bb]utiken|[Bb]yggnaden|[Dd]örren|[Ff]örening(?:en)?"
        "|[Ff]öretaget|[Gg]atan?|[Hh]uset|[Kk]iosken|[Kk]lubben|[Ll]arm(?:et)?|[Oo]bjekt(?:et)?"
        "|[Oo]mråde(?:t)?|[Pp]arken|[Pp]lats(?:en)?|[Rr]estaurangen|[Ss]ektion(?:en)?|[Ss]kolan?"
        "|[Ss]tation(?:en)?|[Tt]orget|[Vv]äg(?:en)?|[Zz]on(?:en)?)(?: som)? "
    ),
    "one": (
        "(?:[Pp]ojken?|[Kk]illen?|[Gg]rabben?|[Ss]nubben?|[Gg]ubben?|[Yy]ngling(?:en)?|[Tt]jej(?:en)?"
        "|[Ff]lick(?:a|an)|[Mm]an(?:nen)?|[Kk]vinnan?)"
    ),
    "many": (
        "(?:[Pp]ojkar(?:na)?|[Kk]illar(?:na)?|[Gg]rabbar(?:na)?|[Tt]jejer(?:na)?|[Ff]lickor(?:na)?"
        "|[Mm]än(?:nen)?|[Kk]vinnor(?:na)?|[Uu]ngdom(?:en|ar|arna)?|[Pp]ersoner(?:na)?|[Ee]lever(?:na)?)"
    ),
    "the": (
        "(?:[Pp]ojk(?:en|arna)|[Kk]ill(?:en|arna)|[Gg]rabb(?:en|arna)|[Tt]jej(?:en|erna)"
        "|[Ff]lick(?:an|orna)|[Mm]annen|[Kk]vinnan|[Ee]lev(?:en|erna)|[Pp]ersonen|[Yy]nglingen"
        "|[Mm]amman|[Pp]appan|[Ff]örövaren|[Gg]ärningsmannen|[Ll]äraren|[Rr]ektorn?|[Vv]aktmästaren?"
        "|[Kk]ontaktpersonen?)"
    ),
    "colour": (
        "(?:svart|vit|röd|blå|grå|grön|gul|brun|beige|rosa|lila|orange|mörk|ljus|(?:mörk|ljus|marin)"
        "(?:blå|grå|grön|röd))(?:a|t|tt)?"
    ),
    "garment": (
        "(?:(?:dun|skinn|jeans|vind|tränings?|mjukis|huv|luv|munk|t-)?(?:jack|tröj)(?:a|an|or)|hoodie"
        "|kepsen?|mössan?|(?:mjukis|jeans|tränings?|cargo)?byxor(?:na)?|jeans|skor(?:na)?|sneakers"
        "|väst(?:en)?|rock(?:en)?|luvan?|huvan?|shorts|kjol(?:en)?|klänning(?:en)?|slöjan?|hijab"
        "|träningsoverall(?:en)?|kläder(?:na)?|vantar|handskar)"
    ),
}

ADVICE = {
    "nickname": "count",
    "name": "role",
    "origin": "count",
    "looks": "deed",
    "clothes": "deed",
    "group": "count",
    "school_class": "school",
    "account": "reference",
    "plate": "vehicle",
    "email": "role",
    "age": "count",
    "number": "number",
}
"""The code of each mark, and the code of what to write instead."""

_NUMBERED = (  # what has numbers as 9B and is no school class
    "[a-zåäö]{0,20}(?:backen|gatan?|gränd|plan|stigen|torget|väg(?:en)?)|bilaga|byggnad|del|dörr(?:en)?"
    "|entre(?:n)?|grind(?:en)?|grupp|hall|hus|ingång|kamera(?:n)?|larmzon|lgh|linje|lokal|moment|nr"
    "|nummer|nyckel|plats|port(?:en)?|punkt|rum|sal(?:en)?|sektion|skåp|steg|trapp(?:an)?|uppgång"
    "|våning|zon"
)

# (code, whether capitals and small letters are alike, pattern)
RULES: tuple[tuple[str, bool, str], ...] = (
    ("nickname", False, "(<place>)?[Kk]alla(?:s|d|de|des|t|r han|r hon)?(?: sig)?(?: för)? (?:[\"']<nick>|<other><Name>)"),
    ("nickname", False, "[Kk]allar sig (?:för )?<nick>"),
    ("nickname", False, "(?:[Aa]lias|[Aa]\\.?[Kk]\\.?[Aa]\\.?|[Ss]meknamn(?:et)?(?: är)?|[Gg]år under namnet|[Nn]icknamed?) ?:? ?<nick>"),
    ("nickname", False, "(<place>(?:är )?)?(?:[Kk]ända?|[Kk]nown) (?:som|as) (?:[\"']<nick>|<other><Name>)"),
    ("nickname", False, "<the> [\"'][A-ZÅÄÖ][A-Za-zÅÄÖåäö0-9]{1,30}"),
    ("name", False, "(<place>)?(?:heter|hette|vid namn|med namnet|named) [\"']?<other><Name>(?: <Name>)?"),
    ("name", False, "<the> <other><Name><elsewhere>(?: <Name>)?"),
    ("name", False, "(?:[Gg]rep|[Gg]ripit|[Kk]änd(?:e|er) igen|[Ii]genkänd som|[Ii]dentifiera(?:d|de|des|t|ts)(?: som)?|[Aa]vvisade|[Aa]vlägsnade|[Oo]mhändertog|[Hh]öll fast|[Mm]isstänk(?:t är|er)) <other><Name><elsewhere>(?: <Name>)?"),
    ("name", False, "(?:[Ss]åg|[Ss]ett|[Ss]poke with|(?:[Tt]ala|[Pp]rata)(?:de|t|r) med|[Tt]räffa(?:de|t|r)|[Mm]ötte|[Ss]toppade|[Kk]ontakta(?:de|t|r)|[Rr]ing(?:de|er)) <other><Name><elsewhere> <Name>"),
    ("name", False, "<Name> [A-ZÅÄÖ][a-zåäö]{1,20}sson"),
    ("origin", True, "<one> (?:som kommer )?i?från [a-zåäö]{2,24}"),
    ("origin", False, "<many> i?från <other><Name><elsewhere>"),
    ("origin", True, "(?:guys?|boys?|girls?|m[ae]n|wom[ae]n|kids?|youths?) from [a-zåäö]{2,24}"),
    ("origin", True, "(?:utländsk|utomnordisk|arabisk|afrikansk|asiatisk|nordisk|svensk|romsk|sydländsk|östeuropeisk|somalisk|syriansk|assyrisk|kurdisk|turkisk)(?:a|t)? (?:utseende|härkomst|bakgrund|ursprung|drag|påbrå)"),
    ("origin", True, "(?:mörkhya|ljushya|färga)(?:d|de|t)|sydländskt?|invandrar(?:e|en|na|kill(?:e|en|ar)|pojk(?:e|ar)|ungdomar|gäng(?:et)?)?"),
    ("origin", True, "(?:zigenar|afrikan|somali|assyri|syrian|blatt|svartskall|muslim)(?:e|en|er|erna|ern|na|ar|arna|ier|ierna)|(?:rom|arab|kurd)(?:en|er|erna)"),
    ("origin", True, "bruten svenska|(?:utländsk|med|på|talade|pratade) brytning"),
    ("looks", True, "raka[dt] (?:skalle|huvud)|(?:flint)?skallig[at]?|skägg(?:ig[at]?|et)?|mustasch(?:en)?|tatuer(?:ing|ingar|ade?|at)|fräkn(?:ar|ig)|ärr i (?:ansiktet|pannan)"),
    ("looks", True, "(?:mörkt?|ljust?|blont|rött|svart|brunt|grått|kort|långt|lockigt|krulligt|uppsatt) (?:[a-zåäö]{3,9} )?hår"),
    ("looks", True, "(?:(?:mörk|ljus|lång|kort|röd)hårig|blond)[aet]?"),
    ("looks", True, "(?:kraftigt|spensligt|smalt|normalt) byggda?|(?:kraftig|smal|spenslig|muskulös|normal) kroppsbyggnad"),
    ("looks", True, "(?:1[4-9][0-9]|20[0-9]) ?(?:cm|centimeter) lång(?= och| med|[.,;\\n]|$)"),
    ("clothes", True, "(?:i?klädda?|iförda?) (?:i )?(?:en |ett )?(?!varsel|uniform|skydds)[a-zåäö]{2,24}|(?:svart|mörk|vit)klädda?"),
    ("clothes", True, "(?:hade|har|bar) (?:en |ett )?(?:[a-zåäö]{2,20} )?[a-zåäö]{2,20} på sig"),
    ("clothes", True, "<colour> <garment>"),
    ("clothes", True, "(?:<one>|<many>|person) i (?:en |ett )?<colour>"),
    ("clothes", True, "(?:wearing|dressed in) [a-z]{1,20}"),
    ("group", False, "[A-ZÅÄÖ][a-zåäö]{1,20}-?(?:gänget|maffian|falangen|klanen)"),
    ("group", True, "gäng(?:kriminell[at]?|medlem(?:mar|men|marna)?|ledare[n]?|tillhörighet(?:en)?|koppling(?:ar)?)|kriminell[at]? (?:gäng|nätverk)[a-zåäö]{0,6}|koppl(?:ade?|ing|ingar) till (?:gäng|nätverk)[a-zåäö]{0,10}|hells angels|bandidos|foxtrot"),
    ("school_class", True, "(?:(?:klass|klassen|årskurs|åk\\.?) (?:[1-9] ?[a-h]|[5-9])|(?:går|gick) i (?:klass )?[1-9] ?[a-h]?|elev(?:en|er|erna)? (?:i|från|ur|på) (?:klass )?[1-9] ?[a-h]?)"),
    ("school_class", False, f"((?:(?!Från|Elev|Klass|Båda)[A-ZÅÄÖ][a-zåäö]{{2,24}}|{_NUMBERED}) (?:[1-9]?[0-9][A-H](?:, |,| och | eller |-|/| )){{0,4}})?[1-9][A-H](?:are|arna|:an|:or)?"),
    ("school_class", True, "(?:sjunde|åttonde|nionde|sjätte)klass(?:are|arna|aren)|sjuorna|åttorna|niorna|[6-9]:(?:an|or|orna)"),
    ("account", False, "@[A-Za-zÅÄÖåäö_](?:\\.?[A-Za-z0-9ÅÄÖåäö_]){1,30}"),
    ("account", True, "(?:snap(?:chat)?|insta(?:gram)?|tiktok|facebook|discord|telegram)(?:-?(?:kontot?|namn(?:et)?) ?:? ?| ?: ?)(?:\\.?[a-z0-9åäö_]){2,30}"),
    ("account", True, "(?:instagram|tiktok|facebook|snapchat|t)\\.(?:com|me)/[a-z0-9_.@/-]{2,40}"),
    ("email", True, "[a-z0-9åäö._%+-]{1,64}@(?:[a-z0-9åäö-]{1,40}\\.){1,4}[a-z]{2,12}"),
    ("plate", False, "(?!AFS|BBR|BRF|CAM|DKK|DNR|EUR|GPS|KAM|LED|LGH|LOB|LOU|MSB|NOK|OSL|PFS|RAL|RLC|RUM|SAL|SEK|SFS|SOL|SOS|SSF|TEL|USB|USD|WGS|ZON)[A-HJ-PR-UW-Z]{3} ?[0-9]{2}[0-9A-HJ-NPR-UW-Z](?![-/:.,]?[0-9])"),
    ("plate", True, "(?:reg\\.? ?(?:istrerings)?-?(?:nr|nummer)|skylt(?:en|ar)?|nummerplåt(?:en)?)\\.? ?:? ?[a-z]{3} ?[0-9]{2}[0-9a-z]"),
    ("age", True, "(?:född|födda|föddes|f\\.|born) (?:den |år |ca |cirka |omkring )?[-']?[0-9]{2,4}"),
    ("age", True, "[0-9]{1,2}[ -]?åring(?:en|ar|arna|s)?|[0-9]{1,2}[ -]?årig[at]? (?:<one>|<many>|person|elev)"),
)  # fmt: skip
