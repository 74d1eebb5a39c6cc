import django.db.models.deletion
import narvaro.spine.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Bookmark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reader', models.CharField(max_length=60)),
                ('position', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.BigIntegerField()),
                ('kind', models.CharField(max_length=60)),
                ('version', models.PositiveSmallIntegerField()),
                ('record_class', models.CharField(max_length=30)),
                ('subject', models.UUIDField(null=True)),
                ('actor', models.CharField(max_length=60)),
                ('at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('audience', models.TextField()),
                ('salt', models.CharField(max_length=32, null=True)),
                ('payload', models.TextField(null=True)),
                ('payload_hash', models.CharField(max_length=64)),
                ('previous_hash', models.CharField(max_length=64)),
                ('hash', models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name='Tenant',
            fields=[
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120, unique=True)),
                ('timezone', models.CharField(default='Europe/Stockholm', max_length=40)),
                ('mode', models.CharField(choices=[('follow_up', 'Follow Up'), ('unmanned', 'Unmanned'), ('manned', 'Manned')], default='follow_up', max_length=12)),
                ('accept_within_s', models.PositiveIntegerField(default=60)),
                ('red_after_s', models.PositiveIntegerField(default=600)),
                ('escalate_after_s', models.PositiveIntegerField(default=60)),
                ('looks_ahead', models.BooleanField(default=False)),
                ('positions_purpose', models.TextField(blank=True, default='')),
                ('positions_negotiated_on', models.DateField(null=True)),
                ('last_case_number', models.PositiveIntegerField(default=0)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('mode__in', ['follow_up', 'unmanned', 'manned'])), name='tenant_mode_known')],
            },
        ),
        migrations.CreateModel(
            name='Job',
            fields=[
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=60)),
                ('run_at', models.DateTimeField()),
                ('every_s', models.PositiveIntegerField(null=True)),
                ('lease_until', models.DateTimeField(null=True)),
                ('done_at', models.DateTimeField(null=True)),
                ('failures', models.PositiveSmallIntegerField(default=0)),
                ('last_error', models.TextField(blank=True, default='')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('done_at', None)), fields=['run_at'], name='job_waiting')],
            },
        ),
        migrations.CreateModel(
            name='Notification',
            fields=[
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('channel', models.CharField(max_length=8)),
                ('address', models.CharField(max_length=200)),
                ('subject', models.UUIDField(null=True)),
                ('title', models.CharField(max_length=120)),
                ('text', models.TextField()),
                ('key', models.CharField(max_length=120, unique=True)),
                ('made_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(null=True)),
                ('given_up_at', models.DateTimeField(null=True)),
                ('lease_until', models.DateTimeField(null=True)),
                ('not_before', models.DateTimeField()),
                ('failures', models.PositiveSmallIntegerField(default=0)),
                ('last_error', models.CharField(blank=True, max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name='Timer',
            fields=[
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=60)),
                ('subject', models.UUIDField()),
                ('deadline', models.DateTimeField()),
                ('fired_at', models.DateTimeField(null=True)),
                ('cancelled_at', models.DateTimeField(null=True)),
                ('boot', models.CharField(blank=True, max_length=36)),
                ('boot_deadline_s', models.FloatField(null=True)),
                ('failures', models.PositiveSmallIntegerField(default=0)),
                ('not_before', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Trouble',
            fields=[
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=40)),
                ('about', models.CharField(blank=True, max_length=80)),
                ('facts', models.JSONField(default=dict)),
                ('raised_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Head',
            fields=[
                ('tenant', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='head', serialize=False, to='spine.tenant')),
                ('position', models.BigIntegerField(default=0)),
                ('hash', models.CharField(default='', max_length=64)),
            ],
        ),
        migrations.AddField(
            model_name='event',
            name='tenant',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='spine.tenant'),
        ),
        migrations.AddField(
            model_name='bookmark',
            name='tenant',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='spine.tenant'),
        ),
        migrations.AddField(
            model_name='notification',
            name='tenant',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='spine.tenant'),
        ),
        migrations.AddField(
            model_name='timer',
            name='tenant',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='spine.tenant'),
        ),
        migrations.AddField(
            model_name='trouble',
            name='tenant',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='spine.tenant'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['tenant', 'subject', 'position'], name='event_subject'),
        ),
        migrations.AddConstraint(
            model_name='event',
            constraint=models.UniqueConstraint(fields=('tenant', 'position'), name='event_position_once'),
        ),
        migrations.AddConstraint(
            model_name='bookmark',
            constraint=models.UniqueConstraint(fields=('tenant', 'reader'), name='bookmark_once'),
        ),
        migrations.AddIndex(
            model_name='notification',
            index=models.Index(condition=models.Q(('given_up_at', None), ('sent_at', None)), fields=['not_before'], name='notification_waiting'),
        ),
        migrations.AddIndex(
            model_name='notification',
            index=models.Index(fields=['subject'], name='notification_subject'),
        ),
        migrations.AddIndex(
            model_name='timer',
            index=models.Index(condition=models.Q(('cancelled_at', None), ('fired_at', None)), fields=['deadline'], name='timer_waiting'),
        ),
        migrations.AddIndex(
            model_name='timer',
            index=models.Index(condition=models.Q(('cancelled_at', None), ('fired_at', None)), fields=['boot', 'boot_deadline_s'], name='timer_by_uptime'),
        ),
        migrations.AddIndex(
            model_name='timer',
            index=models.Index(fields=['subject', 'kind'], name='timer_subject'),
        ),
        migrations.AddConstraint(
            model_name='trouble',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None), ('tenant', None)), fields=('kind', 'about'), name='trouble_once_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='trouble',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('tenant', 'kind', 'about'), name='tenants_trouble_once_at_a_time'),
        ),
    ]
