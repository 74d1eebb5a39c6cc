"""The Swedish words of the registers: the codes of the history in, the words that people use out."""

CATEGORY = {
    "vandalism": "Skadegörelse", "graffiti": "Klotter", "fire": "Brand", "arson": "Anlagd brand",
    "break_in": "Inbrott", "theft": "Stöld", "violence": "Våld/hot", "robbery": "Rån",
    "drugs": "Narkotika (misstanke)", "alcohol": "Alkohol/berusning",
    "gathering": "Ordningsstörande samling", "youth_gathering": "Ungdomssamling",
    "reckless_driving": "Buskörning", "littering": "Nedskräpning",
    "unsafe_place": "Otrygg/mörk plats", "broken_lighting": "Trasig belysning",
    "staff_incident": "Incident mot anställd", "rumour": "Rykten i sociala medier",
    "event": "Arrangemang", "extremist_symbol": "Extremism-symbol",
    "trespass": "Olovligt tillträde", "other": "Annat",
}  # fmt: skip
DAMAGE = {
    "glass": "Glaskross", "graffiti": "Klotter", "fire": "Brand",
    "outer": "Övrig yttre skadegörelse", "inner": "Inre skadegörelse",
    "break_in": "Inbrott/stöld", "water": "Vattenskada",
}  # fmt: skip
KNOWN_BY = {"seen": "Sett", "heard": "Hört", "told": "Berättat"}
COUNT = {"none": "0", "1-4": "1–4", "5-10": "5–10", "over_10": ">10"}
AGES = {"children": "Barn", "youth": "Unga", "adults": "Vuxna", "mixed": "Blandat", "unknown": ""}
ALARM = {
    "intruder": "Inbrott", "fire": "Brand", "duress": "Överfall", "tamper": "Sabotage",
    "technical": "Drift",
}  # fmt: skip
