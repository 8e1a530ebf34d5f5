"""Version and licence."""

from __future__ import annotations

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtWidgets import QMessageBox, QWidget

from unfade import __version__

translate = QCoreApplication.translate


def show_about(window: QWidget) -> None:
    """Says what this is."""
    text = translate(
        "Window",
        "<h3>Unfade {version}</h3><p>Enlarges, cleans and colours pictures, on this computer alone.</p>"
        "<p>Free software under the GNU General Public License, version 3 or later.</p>",
    )
    QMessageBox.about(window, translate("Window", "About Unfade"), text.format(version=__version__))
