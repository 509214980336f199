"""The `taskfleet` command. Each command imports what it needs, so that `taskfleet --help` is quick."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app import __version__
from app.core.end_signals import leave_at_sigterm, unwinding_at_sigterm

if TYPE_CHECKING:
    from app.core.settings import Settings

EXIT_FAILURE = 1
EXIT_BAD_SETTING = 2

application = typer.Typer(
    name="taskfleet",
    help="A task service that starts on a laptop with one command and serves millions of users unchanged.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
keys = typer.Typer(help="The keys that sign access tokens and web pushes.", no_args_is_help=True)
application.add_typer(keys, name="keys")
admin = typer.Typer(help="Administrators, and the accounts of others.", no_args_is_help=True)
application.add_typer(admin, name="admin")

Host = Annotated[str, typer.Option(help="The address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0 takes any free one.")]
Address = Annotated[str, typer.Argument(metavar="EMAIL", help="The e-mail address of an account.")]
DataDirectory = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Act on the `taskfleet local` that runs there, not on the configured servers."),
]
Workers = Annotated[int, typer.Option(min=1, max=256, help="How many processes serve the API.")]


def main() -> None:
    """Run the command line; an expected failure is one line on stderr, never a traceback."""
    try:
        with unwinding_at_sigterm():
            application()
    except Exception as error:
        failure = _describe_expected(error)
        if failure is None:
            raise
        _fail(*failure)


def _describe_expected(error: Exception) -> tuple[str, int] | None:
    """The line and the exit code for what an operator can mend, or None for a fault of ours."""
    from app.core.errors import ProblemError
    from app.core.settings import SettingsError
    from app.data.failures import DatabaseError, is_database_away
    from app.data.migrations import MigrationError
    from app.data.zones import ShardingError
    from app.embedded.errors import EmbeddedError
    from app.serving import ListenError

    if isinstance(error, SettingsError):
        return str(error), EXIT_BAD_SETTING
    if isinstance(error, EmbeddedError | ListenError | MigrationError | ShardingError):
        return str(error), EXIT_FAILURE
    if isinstance(error, ProblemError):
        return error.detail, EXIT_FAILURE
    if isinstance(error, DatabaseError):
        if is_database_away(error):
            return "MongoDB does not answer; TASKFLEET_MONGO_URL says where it is looked for", EXIT_FAILURE
        return f"MongoDB: {str(error).partition(', full error')[0]}", EXIT_FAILURE
    return None


def _fail(message: str, exit_code: int) -> None:
    typer.echo(f"taskfleet: {message}", err=True)
    sys.exit(exit_code)


def _show_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"taskfleet {__version__}")
        raise typer.Exit


@application.callback()
def _common(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """A task service that starts on a laptop with one command and serves millions of users unchanged."""


@application.command()
def local(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    data_dir: Annotated[Path, typer.Option(help="Where the data, the keys and the logs are kept.")] = Path(".data"),
    workers: Workers = 1,
) -> None:
    """Start everything on this machine, MongoDB and the cache included; Ctrl-C stops it, the data stay."""
    from app.local import LocalOptions, run_local

    run_local(LocalOptions(host=host, port=port, data_directory=data_dir, workers=workers))


@application.command()
def gateway(
    host: Annotated[str, typer.Option(help="The loopback address or name to serve under.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port of https; 0 takes any free one.")] = 8443,
    data_dir: Annotated[Path, typer.Option(help="Where the data, the keys and the logs are kept.")] = Path(".data"),
    split: Annotated[
        bool, typer.Option("--split", help="The three services auth, tasks and notifications, in place of two alike.")
    ] = False,
) -> None:
    """Start everything on this machine behind a real Nginx: two API processes and https (needs nginx)."""
    from app.local_gateway import GatewayOptions, run_gateway

    run_gateway(GatewayOptions(host=host, port=port, data_directory=data_dir, is_split=split))


@application.command()
def serve(host: Host = "127.0.0.1", port: Port = 8000, workers: Workers = 1) -> None:
    """Serve the API on the configured MongoDB and Redis."""
    leave_at_sigterm()
    from app.api_processes import serve_in_several
    from app.bootstrap import check_settings
    from app.core.logging import configure_logging
    from app.core.settings import load_settings
    from app.monitoring import check_metrics_ports
    from app.serving import END_SECONDS, open_listener, warn_of_open_sign_in
    from app.serving import serve as serve_api

    if workers > 1:
        os.environ["TASKFLEET_WORKERS"] = str(workers)
    settings = load_settings()
    configure_logging(settings.observability.log_format)
    check_settings(settings)  # a bad setting is one line here, and a traceback in every worker
    listener = open_listener(host, port)
    warn_of_open_sign_in(listener, settings.runtime)
    check_metrics_ports(settings.observability, workers)
    if workers == 1:
        serve_api(listener)
    else:
        delay_seconds = settings.http.shutdown_delay_seconds
        serve_in_several(listener, workers, settings.observability.metrics_port, delay_seconds + END_SECONDS)


@application.command()
def worker() -> None:
    """Do the work that no request waits for; any number may run, and the API does it too."""
    leave_at_sigterm()
    from app.bootstrap import check_servers
    from app.core.logging import configure_logging
    from app.core.settings import load_settings
    from app.worker import run_worker

    settings = load_settings(is_serving=False)
    configure_logging(settings.observability.log_format)
    check_servers(settings)
    run_worker(settings)


@application.command()
def migrate(
    sharded: Annotated[
        bool, typer.Option("--sharded", help="Then shard the collections too; needs a mongos.")
    ] = False,
    rezone: Annotated[
        bool, typer.Option("--rezone", help="With --sharded: spread the users anew, which moves documents.")
    ] = False,
) -> None:
    """Bring the database's collections, indexes and documents up to date."""
    from app.bootstrap import apply_migrations, apply_sharding, check_servers
    from app.core.logging import configure_logging
    from app.core.settings import load_settings

    if rezone and not sharded:
        raise typer.BadParameter("--rezone goes with --sharded")
    settings = load_settings(is_serving=False)
    configure_logging(settings.observability.log_format)
    check_servers(settings)
    if sharded:
        report, sharding = asyncio.run(apply_sharding(settings, may_rezone=rezone))
    else:
        report, sharding = asyncio.run(apply_migrations(settings)), None
    typer.echo(
        f"{len(report.created_collections)} collections and {len(report.created_indexes)} indexes created, "
        f"{len(report.applied_versions)} migrations applied"
    )
    if report.dropped_indexes:
        typer.echo(f"retired indexes dropped: {', '.join(report.dropped_indexes)}")
    if sharding is not None:
        typer.echo(f"{len(sharding.commands)} sharding commands sent")
        for namespace, reason in sharding.moving.items():
            typer.echo(f"{namespace}: documents are being moved ({reason})")
        for note in sharding.notes:
            typer.echo(f"note: {note}")


@application.command()
def openapi(
    postman: Annotated[bool, typer.Option("--postman", help="Print it as a Postman collection.")] = False,
    aws: Annotated[bool, typer.Option("--aws", help="Print what API Gateway imports as an HTTP API.")] = False,
    vpc_link: Annotated[str, typer.Option(help="With --aws: the id of the VPC link.")] = "",
    listener: Annotated[str, typer.Option(help="With --aws: the ARN of the load balancer's listener.")] = "",
    server_name: Annotated[str, typer.Option(help="With --aws: the name in the listener's certificate.")] = "",
) -> None:
    """Print the OpenAPI description of the API; no server is needed."""
    if aws and not (vpc_link and listener):
        raise typer.BadParameter("--aws goes with --vpc-link and --listener")
    if not aws and (vpc_link or listener or server_name):
        raise typer.BadParameter("--vpc-link, --listener and --server-name go with --aws")
    if aws and postman:
        raise typer.BadParameter("--postman and --aws are two formats")
    os.environ["TASKFLEET_PROFILE"] = "local"
    from app.api.aws_gateway import LoadBalancer, make_gateway_document
    from app.api.postman import make_collection
    from app.core.settings import load_settings
    from app.main import create_app

    document = create_app(load_settings()).openapi()
    if postman:
        document = make_collection(document)
    elif aws:
        document = make_gateway_document(document, LoadBalancer(vpc_link, listener, server_name or None))
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))


@keys.command("generate")
def generate_key(
    path: Annotated[
        Path | None,
        typer.Option(
            help="The file to write, signing-key.pem or vapid-key.pem; one that exists is never replaced.",
            show_default=False,
        ),
    ] = None,
    vapid: Annotated[bool, typer.Option("--vapid", help="Make the key that signs web pushes.")] = False,
) -> None:
    """Make a private key (ES256) that only its owner can read."""
    from app.core.signing_keys import generate_signing_key

    path = path or Path("vapid-key.pem" if vapid else "signing-key.pem")
    try:
        generate_signing_key(path)
    except FileExistsError:
        loss = "every push subscription" if vapid else "every session"
        _fail(f"{path} exists and is not replaced, because that would end {loss}", EXIT_FAILURE)
    except OSError as error:
        _fail(f"cannot write {path}: {error.strerror}", EXIT_FAILURE)
    variable = "TASKFLEET_VAPID_PRIVATE_KEY_FILE" if vapid else "TASKFLEET_JWT_PRIVATE_KEY_FILE"
    typer.echo(f"Wrote {path}; {variable}={path.absolute()} makes Taskfleet use it.")


@admin.command("grant")
def grant(email: Address, data_dir: DataDirectory = None) -> None:
    """Make somebody an administrator, at once."""
    from app.admin_commands import set_role

    settings = _load_settings_for_admin(data_dir)
    typer.echo(asyncio.run(set_role(settings, email, "admin")))


@admin.command("revoke")
def revoke(email: Address, data_dir: DataDirectory = None) -> None:
    """Make an administrator an ordinary user, at once."""
    from app.admin_commands import set_role

    settings = _load_settings_for_admin(data_dir)
    typer.echo(asyncio.run(set_role(settings, email, "user")))


@admin.command("disable")
def disable(email: Address, data_dir: DataDirectory = None) -> None:
    """Shut somebody out; all their sessions end at once."""
    from app.admin_commands import set_disabled

    settings = _load_settings_for_admin(data_dir)
    typer.echo(asyncio.run(set_disabled(settings, email, is_disabled=True)))


@admin.command("enable")
def enable(email: Address, data_dir: DataDirectory = None) -> None:
    """Let somebody in again."""
    from app.admin_commands import set_disabled

    settings = _load_settings_for_admin(data_dir)
    typer.echo(asyncio.run(set_disabled(settings, email, is_disabled=False)))


@admin.command("users")
def list_users(
    query: Annotated[str, typer.Option(help="An id, an e-mail address, or its beginning.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, as the API has it.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="Print so many at most.")] = 50,
    data_dir: DataDirectory = None,
) -> None:
    """List users: the newest first, or by address those that --query finds."""
    from app.admin_commands import find_users, format_table
    from app.auth.admin_representation import represent_user

    listing = asyncio.run(find_users(_load_settings_for_admin(data_dir), query, limit))
    if as_json:
        typer.echo(json.dumps([represent_user(user) for user in listing.users], indent=2))
    else:
        typer.echo(format_table(listing.users))
    if listing.has_more:
        typer.echo("taskfleet: there are more; --limit shows them, --query looks for some", err=True)


def _load_settings_for_admin(data_directory: Path | None) -> "Settings":
    from app.bootstrap import check_servers
    from app.core.logging import configure_logging
    from app.core.secret_files import SUFFIX
    from app.core.settings import load_settings
    from app.embedded.running import read_settings

    if data_directory is not None:
        servers = read_settings(data_directory.absolute())
        os.environ.update(servers)
        for name in servers:  # where somebody works with configured servers as well
            os.environ.pop(f"{name}{SUFFIX}", None)
    settings = load_settings(is_serving=False)
    configure_logging(settings.observability.log_format)
    check_servers(settings)
    return settings


if __name__ == "__main__":
    main()
