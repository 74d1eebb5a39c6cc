import django.db.models.deletion
import narvaro.spine.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('access', '0001_initial'),
        ('spine', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='RoadMap',
            fields=[
                ('tenant', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='road_map', serialize=False, to='spine.tenant')),
                ('sha256', models.CharField(max_length=64)),
                ('attribution', models.CharField(max_length=120)),
                ('south', models.FloatField()),
                ('west', models.FloatField()),
                ('north', models.FloatField()),
                ('east', models.FloatField()),
            ],
        ),
        migrations.CreateModel(
            name='ImportBatch',
            fields=[
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=20)),
                ('file_name', models.CharField(max_length=200)),
                ('sha256', models.CharField(max_length=64)),
                ('started_at', models.DateTimeField()),
                ('published_at', models.DateTimeField(null=True)),
                ('kept', models.PositiveIntegerField(default=0)),
                ('refused', models.PositiveIntegerField(default=0)),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='spine.tenant')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Site',
            fields=[
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('code', models.CharField(max_length=40)),
                ('name', models.CharField(max_length=160)),
                ('kind', models.CharField(choices=[('school', 'School'), ('preschool', 'Preschool'), ('library', 'Library'), ('hall', 'Hall'), ('other', 'Other')], max_length=20)),
                ('premises', models.CharField(blank=True, max_length=120)),
                ('address', models.CharField(blank=True, max_length=200)),
                ('lat', models.FloatField(null=True)),
                ('lon', models.FloatField(null=True)),
                ('alarm_grade', models.PositiveSmallIntegerField(null=True)),
                ('standing', models.CharField(choices=[('beside', 'Beside'), ('behind', 'Behind'), ('alone', 'Alone')], default='beside', max_length=6)),
                ('standing_decision', models.CharField(blank=True, max_length=120)),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sites', to='directory.importbatch')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='spine.tenant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant', 'code'), name='site_code_once'), models.CheckConstraint(condition=models.Q(models.Q(('lat', None), ('lon', None)), models.Q(('lat__gte', -90), ('lat__lte', 90), ('lon__gte', -180), ('lon__lte', 180)), _connector='OR'), name='site_on_earth'), models.CheckConstraint(condition=models.Q(('alarm_grade', None), models.Q(('standing', 'alone'), _negated=True), models.Q(('standing_decision', ''), _negated=True), _connector='OR'), name='site_alone_by_decision')],
            },
        ),
        migrations.CreateModel(
            name='Sender',
            fields=[
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('protocol', models.CharField(max_length=16)),
                ('name', models.CharField(max_length=64)),
                ('sealed_secret', models.TextField(blank=True)),
                ('networks', models.JSONField(default=list)),
                ('options', models.JSONField(default=dict)),
                ('organisation', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.organisation')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='spine.tenant')),
                ('site', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.site')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('protocol', 'name'), name='sender_once')],
            },
        ),
        migrations.CreateModel(
            name='ResponsePlan',
            fields=[
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=160)),
                ('version', models.PositiveIntegerField()),
                ('sealed_key_no', models.TextField(blank=True)),
                ('inner_check', models.BooleanField(default=False)),
                ('steps', models.JSONField(default=list)),
                ('rules', models.JSONField(default=list)),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='spine.tenant')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='response_plans', to='directory.site')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('site', 'version'), name='response_plan_version_once')],
            },
        ),
        migrations.CreateModel(
            name='Camera',
            fields=[
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('code', models.CharField(max_length=64)),
                ('name', models.CharField(max_length=160)),
                ('place', models.CharField(blank=True, max_length=200)),
                ('lat', models.FloatField(null=True)),
                ('lon', models.FloatField(null=True)),
                ('direction_deg', models.FloatField(null=True)),
                ('purpose', models.CharField(blank=True, max_length=400)),
                ('balancing_reference', models.CharField(blank=True, max_length=120)),
                ('review_on', models.DateField(null=True)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cameras', to='access.organisation')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='spine.tenant')),
                ('site', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='cameras', to='directory.site')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant', 'code'), name='camera_code_once'), models.CheckConstraint(condition=models.Q(models.Q(('lat', None), ('lon', None)), models.Q(('lat__gte', -90), ('lat__lte', 90), ('lon__gte', -180), ('lon__lte', 180)), _connector='OR'), name='camera_on_earth'), models.CheckConstraint(condition=models.Q(('direction_deg', None), models.Q(('direction_deg__gte', 0), ('direction_deg__lt', 360)), _connector='OR'), name='camera_looks_somewhere')],
            },
        ),
        migrations.CreateModel(
            name='SiteAlias',
            fields=[
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('alias', models.CharField(max_length=200)),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='aliases', to='directory.site')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='spine.tenant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant', 'alias'), name='site_alias_once')],
            },
        ),
        migrations.CreateModel(
            name='SiteChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=160)),
                ('kind', models.CharField(max_length=20)),
                ('premises', models.CharField(blank=True, max_length=120)),
                ('address', models.CharField(blank=True, max_length=200)),
                ('lat', models.FloatField(null=True)),
                ('lon', models.FloatField(null=True)),
                ('alarm_grade', models.PositiveSmallIntegerField(null=True)),
                ('standing', models.CharField(default='beside', max_length=6)),
                ('standing_decision', models.CharField(blank=True, max_length=120)),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='directory.importbatch')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='directory.site')),
            ],
        ),
        migrations.CreateModel(
            name='Transmitter',
            fields=[
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('protocol', models.CharField(default='sia-dc09', max_length=16)),
                ('account', models.CharField(max_length=32)),
                ('sealed_key', models.TextField(blank=True)),
                ('sealed_next_key', models.TextField(blank=True)),
                ('key_form', models.CharField(default='hex', max_length=5)),
                ('flags', models.JSONField(default=list)),
                ('late_s', models.PositiveIntegerField(default=40)),
                ('early_s', models.PositiveIntegerField(default=20)),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='transmitters', to='directory.site')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='spine.tenant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('protocol', 'account'), name='transmitter_account_once')],
            },
        ),
        migrations.CreateModel(
            name='TransmissionPath',
            fields=[
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(blank=True, max_length=20)),
                ('category', models.CharField(blank=True, max_length=3)),
                ('alternative', models.BooleanField(default=False)),
                ('poll_interval_s', models.PositiveIntegerField(null=True)),
                ('networks', models.JSONField(default=list)),
                ('carrier', models.CharField(blank=True, max_length=60)),
                ('maintenance_until', models.DateTimeField(null=True)),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='spine.tenant')),
                ('transmitter', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='paths', to='directory.transmitter')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('transmitter', 'name'), name='path_once')],
            },
        ),
        migrations.CreateModel(
            name='Unit',
            fields=[
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('call_sign', models.CharField(max_length=20)),
                ('role', models.CharField(choices=[('guard', 'Guard'), ('public_order_officer', 'Public Order Officer')], max_length=24)),
                ('travel', models.CharField(choices=[('car', 'Car'), ('foot', 'Foot')], max_length=8)),
                ('kit', models.JSONField(default=list)),
                ('tracker', models.CharField(blank=True, max_length=80)),
                ('sealed_tracker_secret', models.TextField(blank=True)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='units', to='access.organisation')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='spine.tenant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant', 'call_sign'), name='unit_call_sign_once'), models.UniqueConstraint(condition=models.Q(('tracker', ''), _negated=True), fields=('tracker',), name='unit_tracker_once')],
            },
        ),
        migrations.CreateModel(
            name='Competence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('guard', 'Guard'), ('public_order_officer', 'Public Order Officer'), ('cpr', 'Cpr'), ('fire', 'Fire'), ('dog', 'Dog')], max_length=24)),
                ('valid_from', models.DateField()),
                ('valid_until', models.DateField(null=True)),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='competences', to='access.member')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('member', 'kind', 'valid_from'), name='competence_once')],
            },
        ),
        migrations.CreateModel(
            name='Contact',
            fields=[
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('duty', models.CharField(max_length=80)),
                ('step', models.PositiveSmallIntegerField()),
                ('after_s', models.PositiveIntegerField(default=120)),
                ('phone', models.CharField(blank=True, max_length=20)),
                ('mail', models.CharField(blank=True, max_length=120)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contacts', to='access.organisation')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='spine.tenant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant', 'organisation', 'duty'), name='contact_once'), models.CheckConstraint(condition=models.Q(models.Q(('phone', ''), _negated=True), models.Q(('mail', ''), _negated=True), _connector='OR'), name='contact_can_be_reached')],
            },
        ),
        migrations.CreateModel(
            name='Area',
            fields=[
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=160)),
                ('kind', models.CharField(choices=[('square', 'Square'), ('park', 'Park'), ('housing', 'Housing'), ('yard', 'Yard'), ('nature', 'Nature'), ('municipality', 'Municipality'), ('police_class', 'Police Class'), ('other', 'Other')], max_length=14)),
                ('lat', models.FloatField()),
                ('lon', models.FloatField()),
                ('border_wkt', models.TextField(blank=True)),
                ('inhabitants', models.PositiveIntegerField(null=True)),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='spine.tenant')),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='areas', to='directory.importbatch')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant', 'kind', 'name'), name='area_once')],
            },
        ),
        migrations.CreateModel(
            name='Permit',
            fields=[
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('decision_no', models.CharField(max_length=60)),
                ('area_wkt', models.TextField()),
                ('valid_from', models.DateField()),
                ('valid_until', models.DateField()),
                ('weekdays', models.JSONField(default=list)),
                ('hours_from', models.TimeField()),
                ('hours_until', models.TimeField()),
                ('max_officers', models.PositiveSmallIntegerField(null=True)),
                ('conditions', models.TextField(blank=True)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='permits', to='access.organisation')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='spine.tenant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant', 'decision_no'), name='permit_once')],
            },
        ),
        migrations.CreateModel(
            name='RoadClosure',
            fields=[
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('roadwork', 'Roadwork'), ('accident', 'Accident'), ('event', 'Event'), ('weather', 'Weather'), ('other', 'Other')], max_length=10)),
                ('street', models.CharField(blank=True, max_length=200)),
                ('lat_a', models.FloatField()),
                ('lon_a', models.FloatField()),
                ('lat_b', models.FloatField()),
                ('lon_b', models.FloatField()),
                ('walkers_pass', models.BooleanField(default=True)),
                ('closed_at', models.DateTimeField()),
                ('closed_by', models.CharField(max_length=20)),
                ('until_at', models.DateTimeField(null=True)),
                ('opened_at', models.DateTimeField(null=True)),
                ('opened_by', models.CharField(blank=True, max_length=20)),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='spine.tenant')),
            ],
            options={
                'indexes': [models.Index(fields=['tenant', 'opened_at'], name='road_closure_open')],
                'constraints': [models.CheckConstraint(condition=models.Q(('until_at', None), ('until_at__gt', models.F('closed_at')), _connector='OR'), name='road_closure_forward')],
            },
        ),
    ]
