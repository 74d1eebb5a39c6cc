import django.db.models.deletion
import narvaro.spine.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('access', '0001_initial'),
        ('directory', '0001_initial'),
        ('situation', '0001_initial'),
        ('spine', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Escalation',
            fields=[
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('began_at', models.DateTimeField()),
                ('step', models.PositiveSmallIntegerField(default=0)),
                ('taken_by', models.CharField(blank=True, max_length=60)),
                ('taken_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('ended_by', models.CharField(blank=True, max_length=60)),
                ('why', models.CharField(blank=True, max_length=20)),
                ('case', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='escalation', to='situation.case')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='spine.tenant')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Ranking',
            fields=[
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('made_at', models.DateTimeField()),
                ('map_sha256', models.CharField(blank=True, max_length=64)),
                ('lines', models.JSONField(default=list)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rankings', to='situation.case')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='spine.tenant')),
            ],
            options={
                'indexes': [models.Index(fields=['case', '-made_at'], name='ranking_newest')],
            },
        ),
        migrations.CreateModel(
            name='Offer',
            fields=[
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('seat', models.PositiveSmallIntegerField(default=1)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('accepted', 'Accepted'), ('declined', 'Declined'), ('expired', 'Expired'), ('withdrawn', 'Withdrawn')], default='waiting', max_length=10)),
                ('offered_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('answered_at', models.DateTimeField(null=True)),
                ('by_rule', models.BooleanField()),
                ('travel_s', models.FloatField(null=True)),
                ('aed', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.defibrillator')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='offers', to='situation.case')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='spine.tenant')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='offers', to='directory.unit')),
                ('ranking', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='offers', to='dispatch.ranking')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('unit',), name='unit_asked_once_at_a_time'), models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('case', 'seat'), name='seat_offered_once_at_a_time')],
            },
        ),
        migrations.CreateModel(
            name='Response',
            fields=[
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('row_key', models.CharField(blank=True, max_length=64)),
                ('unit_as_stated', models.CharField(blank=True, max_length=40)),
                ('state', models.CharField(choices=[('accepted', 'Accepted'), ('rolling', 'Rolling'), ('on_scene', 'On Scene'), ('secured', 'Secured'), ('left', 'Left'), ('reported', 'Reported'), ('recalled', 'Recalled'), ('reassigned', 'Reassigned')], default='accepted', max_length=10)),
                ('accepted_at', models.DateTimeField()),
                ('owes_report', models.BooleanField(default=True)),
                ('batch', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.importbatch')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='responses', to='situation.case')),
                ('member', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.member')),
                ('offer', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='response', to='dispatch.offer')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.organisation')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='spine.tenant')),
                ('unit', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='responses', to='directory.unit')),
            ],
            options={
                'indexes': [models.Index(fields=['tenant', 'accepted_at'], name='response_month')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ('accepted', 'rolling', 'on_scene', 'secured'))), fields=('unit',), name='unit_on_one_response'), models.UniqueConstraint(condition=models.Q(('row_key', ''), _negated=True), fields=('tenant', 'row_key'), name='response_row_once'), models.CheckConstraint(condition=models.Q(models.Q(('batch', None), _negated=True), models.Q(('member__isnull', False), ('offer__isnull', False), ('unit__isnull', False)), _connector='OR'), name='response_of_a_unit_or_a_file')],
            },
        ),
        migrations.CreateModel(
            name='TimePoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row_key', models.CharField(blank=True, max_length=64)),
                ('point', models.CharField(max_length=12)),
                ('at', models.DateTimeField()),
                ('source', models.CharField(choices=[('panel', 'Panel'), ('receiver', 'Receiver'), ('system', 'System'), ('dispatcher', 'Dispatcher'), ('phone', 'Phone'), ('position', 'Position'), ('typed', 'Typed'), ('centre', 'Centre'), ('stated', 'Stated')], max_length=12)),
                ('event_position', models.BigIntegerField(null=True)),
                ('batch', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.importbatch')),
                ('response', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='time_points', to='dispatch.response')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('row_key', ''), _negated=True), fields=['row_key'], name='time_point_row')],
                'constraints': [models.UniqueConstraint(fields=('response', 'point', 'source'), name='time_point_once_per_source')],
            },
        ),
        migrations.CreateModel(
            name='Watch',
            fields=[
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('interval_s', models.PositiveIntegerField()),
                ('began_at', models.DateTimeField()),
                ('seen_at', models.DateTimeField()),
                ('due_at', models.DateTimeField()),
                ('missed_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('case', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='situation.case')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.member')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='spine.tenant')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='watches', to='directory.unit')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('unit',), name='unit_watched_once_at_a_time')],
            },
        ),
    ]
