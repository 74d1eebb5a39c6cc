import django.db.models.deletion
import narvaro.spine.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('directory', '0001_initial'),
        ('situation', '0001_initial'),
        ('spine', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='JournalPlace',
            fields=[
                ('receiver_id', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('record_id', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='PathState',
            fields=[
                ('path', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='state', serialize=False, to='directory.transmissionpath')),
                ('state', models.CharField(choices=[('ok', 'Ok'), ('late', 'Late'), ('lost', 'Lost')], default='ok', max_length=4)),
                ('since', models.DateTimeField()),
                ('heard_at', models.DateTimeField()),
                ('late_at', models.DateTimeField(null=True)),
                ('lost_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'ok')), fields=['late_at'], name='path_next_late'), models.Index(condition=models.Q(('state__in', ['ok', 'late'])), fields=['lost_at'], name='path_next_lost')],
            },
        ),
        migrations.CreateModel(
            name='Outage',
            fields=[
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('began_at', models.DateTimeField()),
                ('flagged_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('case', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='outages', to='situation.case')),
                ('path', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='outages', to='directory.transmissionpath')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='spine.tenant')),
            ],
            options={
                'indexes': [models.Index(fields=['case'], name='outage_case'), models.Index(fields=['tenant', 'began_at'], name='outage_month')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('path',), name='path_out_once_at_a_time')],
            },
        ),
    ]
