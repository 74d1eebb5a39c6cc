import django.db.models.deletion
import narvaro.spine.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('spine', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='User',
            fields=[
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('username', models.CharField(max_length=60, unique=True)),
                ('is_active', models.BooleanField(default=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Organisation',
            fields=[
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('kind', models.CharField(choices=[('municipality', 'Municipality'), ('guarding_company', 'Guarding Company'), ('alarm_centre', 'Alarm Centre'), ('police', 'Police'), ('rescue_service', 'Rescue Service'), ('housing_company', 'Housing Company')], max_length=20)),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='spine.tenant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant', 'name'), name='organisation_name_once')],
            },
        ),
        migrations.CreateModel(
            name='Member',
            fields=[
                ('id', models.UUIDField(default=narvaro.spine.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('service_number', models.CharField(max_length=40)),
                ('role', models.CharField(choices=[('dispatcher', 'Dispatcher'), ('shift_leader', 'Shift Leader'), ('guard', 'Guard'), ('coordinator', 'Coordinator'), ('contract_manager', 'Contract Manager'), ('property_manager', 'Property Manager'), ('camera_operator', 'Camera Operator'), ('reporter', 'Reporter'), ('police_guest', 'Police Guest')], max_length=20)),
                ('valid_from', models.DateField()),
                ('valid_until', models.DateField(null=True)),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='spine.tenant')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='members', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='members', to='access.organisation')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant', 'service_number', 'organisation', 'role'), name='member_once'), models.CheckConstraint(condition=models.Q(('valid_until', None), ('valid_until__gt', models.F('valid_from')), _connector='OR'), name='member_from_before_until')],
            },
        ),
    ]
