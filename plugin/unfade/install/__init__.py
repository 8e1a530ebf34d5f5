"""Puts the plug-ins for GIMP and Krita into the editors' profiles, and asks the editors about them."""

from unfade.install.copying import Answer, Installed, InstallError, ask_editor, install, uninstall
from unfade.install.profiles import Editor, Machine, Profile, find_profiles, sandbox_of

__all__ = [
    "Answer",
    "Editor",
    "InstallError",
    "Installed",
    "Machine",
    "Profile",
    "ask_editor",
    "find_profiles",
    "install",
    "sandbox_of",
    "uninstall",
]
