import django.db.models.deletion
import narvaro.spine.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('access', '0001_initial'),
        ('directory', '0001_initial'),
        ('forecast', '0001_initial'),
        ('situation', '0001_initial'),
        ('spine', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Focus',
            fields=[
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('starts_on', models.DateField()),
                ('ends_on', models.DateField()),
                ('decision', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='in_plan', to='situation.decision')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='spine.tenant')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='PatrolPlan',
            fields=[
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('proposed', 'Proposed'), ('published', 'Published'), ('superseded', 'Superseded')], default='proposed', max_length=10)),
                ('made_at', models.DateTimeField()),
                ('seed', models.BigIntegerField()),
                ('map_sha256', models.CharField(blank=True, max_length=64)),
                ('facts', models.JSONField(default=dict)),
                ('published_at', models.DateTimeField(null=True)),
                ('forecast', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='forecast.forecast')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.organisation')),
                ('published_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.member')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='spine.tenant')),
            ],
            options={
                'indexes': [models.Index(fields=['tenant', '-starts_at'], name='plan_newest')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'published')), fields=('organisation', 'starts_at'), name='plan_published_once')],
            },
        ),
        migrations.CreateModel(
            name='Shift',
            fields=[
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('crew', models.ManyToManyField(related_name='shifts', to='access.member')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='spine.tenant')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shifts', to='directory.unit')),
            ],
            options={
                'indexes': [models.Index(fields=['tenant', 'ends_at'], name='shift_end')],
                'constraints': [models.UniqueConstraint(fields=('unit', 'starts_at'), name='shift_once'), models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='shift_forward')],
            },
        ),
        migrations.CreateModel(
            name='Visit',
            fields=[
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('window_from', models.DateTimeField()),
                ('window_until', models.DateTimeField()),
                ('arrive_at', models.DateTimeField()),
                ('dwell_s', models.PositiveIntegerField()),
                ('reasons', models.JSONField(default=list)),
                ('probability', models.FloatField(null=True)),
                ('state', models.CharField(choices=[('planned', 'Planned'), ('started', 'Started'), ('done', 'Done'), ('short', 'Short'), ('missed', 'Missed'), ('replaced', 'Replaced')], default='planned', max_length=8)),
                ('cause', models.CharField(blank=True, choices=[('alarm', 'Alarm'), ('backup', 'Backup'), ('weather', 'Weather'), ('blocked', 'Blocked'), ('safety', 'Safety')], max_length=8)),
                ('arrived_at', models.DateTimeField(null=True)),
                ('left_at', models.DateTimeField(null=True)),
                ('changed_because', models.CharField(blank=True, max_length=200)),
                ('area', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='visits', to='directory.area')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='visits', to='plan.patrolplan')),
                ('site', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='visits', to='directory.site')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='spine.tenant')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='visits', to='directory.unit')),
            ],
            options={
                'indexes': [models.Index(fields=['unit', 'arrive_at'], name='visit_unit')],
            },
        ),
        migrations.CreateModel(
            name='KeyReceipt',
            fields=[
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('out_at', models.DateTimeField()),
                ('out_by', models.CharField(max_length=60)),
                ('back_at', models.DateTimeField(null=True)),
                ('back_by', models.CharField(blank=True, max_length=60)),
                ('key', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='receipts', to='directory.key')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='spine.tenant')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='key_receipts', to='directory.unit')),
            ],
            options={
                'indexes': [models.Index(fields=['tenant', 'back_at'], name='key_receipt_out')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('back_at', None)), fields=('key',), name='key_out_once'), models.CheckConstraint(condition=models.Q(('back_at', None), ('back_at__gte', models.F('out_at')), _connector='OR'), name='key_receipt_forward')],
            },
        ),
    ]
