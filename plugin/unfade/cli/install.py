"""``unfade install``: the plug-ins for GIMP and Krita, into the editors' profiles and out of them."""

from __future__ import annotations

from typing import Annotated

import typer

from unfade.errors import UsageError, did_you_mean

_MENUS = {"gimp": "Filters > Enhance > Unfade", "krita": "Tools > Scripts > Unfade"}


def install(
    editor: Annotated[
        str,
        typer.Argument(metavar="gimp|krita", show_default=False, help="The editor to put them into."),
    ],
    remove: Annotated[
        bool, typer.Option("--uninstall", help="Take the filters out of the editor again.")
    ] = False,
) -> int:
    """Put the filters into the menus of GIMP 3 or Krita."""
    from unfade import install as installing

    names = [known.value for known in installing.Editor]
    if editor not in names:
        raise UsageError(f"There is no plug-in for {editor!r}{did_you_mean(editor, names)}")
    chosen = installing.Editor(editor)
    machine = installing.Machine()
    profiles = installing.find_profiles(chosen, machine)
    if remove:
        removed = [profile for profile in profiles if installing.uninstall(profile)]
        for profile in removed:
            typer.echo(f"{profile.label}: the filters were removed from {profile.folder}.")
        if not removed:
            typer.echo(f"There was nothing to remove: no profile of {chosen.title} has Unfade's filters.")
        return 0
    if not profiles:
        raise installing.InstallError(
            f"No {chosen.title} was found: install it, start it once, then type the same command again."
        )
    for profile in profiles:
        done = installing.install(profile)
        typer.echo(f"{profile.label}: the filters are in {done.folder}.")
    if installing.sandbox_of(chosen, machine).is_dir():
        typer.echo(
            f"{chosen.title} from Flatpak must be allowed to start Unfade's engine outside of its "
            f"sandbox, which lets it start any program of yours; type once: {chosen.allow_flatpak}"
        )
    native = next((profile for profile in profiles if not profile.in_flatpak), None)
    if native is not None:
        answer = installing.ask_editor(native, machine)
        if answer.sees is False:
            raise installing.InstallError(f"{answer.sentence} The log of {chosen.title} tells more.")
        typer.echo(answer.sentence)
    typer.echo(f"Start {chosen.title} anew and choose {_MENUS[editor]}.")
    typer.echo(f"To undo this: unfade install {editor} --uninstall")
    return 0
