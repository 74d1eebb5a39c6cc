import django.db.models.deletion
import narvaro.spine.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('access', '0001_initial'),
        ('directory', '0001_initial'),
        ('spine', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='DeliveredHours',
            fields=[
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('row_key', models.CharField(blank=True, max_length=64)),
                ('place', models.CharField(blank=True, max_length=200)),
                ('lat', models.FloatField(null=True)),
                ('lon', models.FloatField(null=True)),
                ('placed_by', models.CharField(choices=[('coordinate', 'Coordinate'), ('code', 'Code'), ('name', 'Name'), ('alias', 'Alias'), ('premises', 'Premises'), ('address', 'Address'), ('confirmed', 'Confirmed'), ('chosen', 'Chosen'), ('none', 'None')], default='none', max_length=10)),
                ('activity', models.CharField(choices=[('patrol', 'Patrol'), ('response', 'Response'), ('stationary', 'Stationary'), ('youth', 'Youth'), ('camera', 'Camera'), ('public_order', 'Public Order'), ('leading', 'Leading'), ('other', 'Other')], max_length=12)),
                ('day', models.DateField()),
                ('hours', models.DecimalField(decimal_places=2, max_digits=6)),
                ('area', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.area')),
                ('batch', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.importbatch')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.organisation')),
                ('site', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.site')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='spine.tenant')),
            ],
            options={
                'indexes': [models.Index(fields=['tenant', 'day'], name='hours_day')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('row_key', ''), _negated=True), fields=('tenant', 'row_key'), name='hours_row_once'), models.CheckConstraint(condition=models.Q(('hours__gt', 0)), name='hours_some')],
            },
        ),
        migrations.CreateModel(
            name='WhatIf',
            fields=[
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('asked', models.JSONField()),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed'), ('stopped', 'Stopped')], default='waiting', max_length=8)),
                ('progress', models.FloatField(default=0.0)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('answer', models.JSONField(null=True)),
                ('why', models.JSONField(default=list)),
                ('asked_at', models.DateTimeField()),
                ('started_at', models.DateTimeField(null=True)),
                ('done_at', models.DateTimeField(null=True)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.member')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.organisation')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='spine.tenant')),
            ],
            options={
                'indexes': [models.Index(fields=['tenant', '-asked_at'], name='what_if_newest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('progress__gte', 0), ('progress__lte', 1)), name='what_if_progress_a_share')],
            },
        ),
    ]
