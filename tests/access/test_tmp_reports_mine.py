import tests.access.test_matrix as m
from tests.access.test_matrix import *
MINE={"reports","new_report","words","photo","damage","new_damage","damage_detail","own_record","own_record_data","map_features"}
for k in list(m.MAY):
    if k not in MINE: del m.MAY[k]
del test_every_address_has_a_policy, test_another_organisations_record_cannot_be_written
def test_posts(scene, strangers):
    before = Event.objects.filter(tenant=scene.world.tenant).count()
    for who, member in strangers.items():
        c = client_of(member)
        for name in ("words","damage_detail"):
            a = c.post(address(name, scene.ids), {"id": str(scene.ids["damage_id"]), "state":"closed","final":"1","text":"x","keep":"1"})
            assert a.status_code == 404, (who,name,a.status_code)
    assert Event.objects.filter(tenant=scene.world.tenant).count() == before
