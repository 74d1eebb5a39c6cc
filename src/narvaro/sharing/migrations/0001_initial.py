import django.db.models.deletion
import narvaro.spine.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('access', '0001_initial'),
        ('situation', '0001_initial'),
        ('spine', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Centre',
            fields=[
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=80)),
                ('host', models.CharField(max_length=120)),
                ('port', models.PositiveIntegerField()),
                ('second_host', models.CharField(blank=True, max_length=120)),
                ('second_port', models.PositiveIntegerField(null=True)),
                ('tls', models.BooleanField(default=True)),
                ('ca_file', models.CharField(blank=True, max_length=200)),
                ('receiver', models.CharField(max_length=20)),
                ('transmitter_code', models.CharField(max_length=15)),
                ('transmitter_type', models.CharField(max_length=5)),
                ('sealed_authentication', models.TextField()),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='spine.tenant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant', 'name'), name='centre_once')],
            },
        ),
        migrations.CreateModel(
            name='FileDraft',
            fields=[
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('file_name', models.CharField(max_length=200)),
                ('sheet', models.CharField(blank=True, max_length=120)),
                ('sha256', models.CharField(max_length=64)),
                ('uploaded_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('new', 'New'), ('read', 'Read'), ('queued', 'Queued'), ('running', 'Running'), ('asks', 'Asks'), ('done', 'Done'), ('failed', 'Failed'), ('dropped', 'Dropped')], default='read', max_length=8)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('kind', models.CharField(blank=True, max_length=20)),
                ('header', models.JSONField(default=dict)),
                ('mapping', models.JSONField(default=dict)),
                ('answers', models.JSONField(default=dict)),
                ('answered', models.BooleanField(default=False)),
                ('done_rows', models.PositiveIntegerField(default=0)),
                ('all_rows', models.PositiveIntegerField(default=0)),
                ('report', models.JSONField(default=dict)),
                ('finished_at', models.DateTimeField(null=True)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.member')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='spine.tenant')),
                ('uploaded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.member')),
            ],
            options={
                'indexes': [models.Index(fields=['tenant', '-uploaded_at'], name='draft_newest')],
            },
        ),
        migrations.CreateModel(
            name='Forward',
            fields=[
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('content', models.JSONField(default=dict)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('delivered', 'Delivered'), ('refused', 'Refused'), ('given_up', 'Given Up')], default='waiting', max_length=10)),
                ('status', models.PositiveSmallIntegerField(null=True)),
                ('asked_by', models.CharField(max_length=60)),
                ('made_at', models.DateTimeField()),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('not_before', models.DateTimeField()),
                ('lease_until', models.DateTimeField(null=True)),
                ('delivered_at', models.DateTimeField(null=True)),
                ('last_error', models.CharField(blank=True, max_length=200)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='forwards', to='situation.case')),
                ('centre', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='forwards', to='sharing.centre')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='spine.tenant')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['not_before'], name='forward_waiting')],
                'constraints': [models.UniqueConstraint(fields=('case', 'centre'), name='forward_once')],
            },
        ),
        migrations.CreateModel(
            name='SourceMapping',
            fields=[
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=20)),
                ('headers', models.CharField(max_length=64)),
                ('mapping', models.JSONField(default=dict)),
                ('words', models.JSONField(default=dict)),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='spine.tenant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant', 'kind', 'headers'), name='source_mapping_once')],
            },
        ),
    ]
