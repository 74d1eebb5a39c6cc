import django.db.models.deletion
import narvaro.spine.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('spine', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='ForecastUse',
            fields=[
                ('tenant', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='forecast_use', serialize=False, to='spine.tenant')),
                ('in_plans', models.BooleanField(default=True)),
                ('changed_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Forecast',
            fields=[
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('made_at', models.DateTimeField()),
                ('checked_at', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('starts_at', models.DateTimeField()),
                ('hours', models.PositiveSmallIntegerField()),
                ('engine', models.CharField(max_length=40)),
                ('settings', models.JSONField(default=dict)),
                ('grid', models.JSONField(default=dict)),
                ('made_of', models.JSONField(default=dict)),
                ('events', models.PositiveIntegerField()),
                ('values', models.BinaryField()),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='spine.tenant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant', 'starts_at'), name='forecast_once')],
            },
        ),
        migrations.CreateModel(
            name='Score',
            fields=[
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('scored_at', models.DateTimeField()),
                ('final', models.BooleanField(default=False)),
                ('hours', models.PositiveSmallIntegerField()),
                ('events', models.FloatField()),
                ('outside', models.FloatField()),
                ('cells', models.PositiveIntegerField()),
                ('expected', models.FloatField()),
                ('hits_1', models.FloatField()),
                ('hits_5', models.FloatField()),
                ('log_likelihood', models.FloatField()),
                ('naive_expected', models.FloatField()),
                ('naive_hits_1', models.FloatField()),
                ('naive_hits_5', models.FloatField()),
                ('naive_log_likelihood', models.FloatField()),
                ('forecast', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='score', to='forecast.forecast')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='spine.tenant')),
            ],
            options={
                'abstract': False,
            },
        ),
    ]
