"""The doctor's findings in a dialog: those of ``unfade doctor``, worked out in a process of its own.

The window's process thus loads neither ONNX Runtime nor a GPU's driver, and lives on where they crash.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from PyQt6.QtCore import QCoreApplication, QProcess, QUrl
from PyQt6.QtGui import QDesktopServices, QGuiApplication
from PyQt6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from unfade.log import log_file
from unfade.ui.widgets import column_of, make_main, restyle

translate = QCoreApplication.translate

COMMAND = (sys.executable, "-m", "unfade", "doctor", "--json")


class DoctorDialog(QDialog):
    """Asks the doctor when it is made, and shows the findings when they are there (seconds later)."""

    def __init__(self, parent: QWidget | None = None, *, command: Sequence[str] = COMMAND) -> None:
        super().__init__(parent)
        self.setWindowTitle(translate("Doctor", "Doctor"))
        self.resize(760, 560)
        self.summary = QLabel(translate("Doctor", "Looking at devices and models…"))
        self.summary.setWordWrap(True)
        self.summary.setProperty("role", "heading")
        self.findings = _findings_list()
        self.copy = QPushButton(translate("Doctor", "&Copy report"))
        self.copy.setToolTip(translate("Doctor", "Put the findings on the clipboard, for a bug report."))
        self.copy.setEnabled(False)
        self.copy.clicked.connect(self._copy_report)
        log = QPushButton(translate("Doctor", "Open &log file"))
        log.clicked.connect(open_log)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.addButton(self.copy, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.addButton(log, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        layout = column_of(self)
        layout.addWidget(self.summary)
        layout.addWidget(self.findings)
        layout.addWidget(buttons)
        make_main(buttons.button(QDialogButtonBox.StandardButton.Close), self)
        self._report = ""
        self._process = QProcess(self)
        self._process.finished.connect(self._finished)
        self._process.errorOccurred.connect(self._no_answer)
        self._process.start(command[0], list(command[1:]))

    def done(self, result: int) -> None:
        """Ends the asking too, where it still goes on."""
        self._process.blockSignals(True)
        self._process.kill()
        self._process.waitForFinished(1000)
        super().done(result)

    def _finished(self) -> None:
        answer = bytes(self._process.readAllStandardOutput().data())
        try:
            found = json.loads(answer)
            self._show(found)
        except (ValueError, LookupError, TypeError, AttributeError):
            self._no_answer()
            return
        self._report = json.dumps(found, indent=2)
        self.copy.setEnabled(True)

    def _no_answer(self) -> None:
        text = translate("Doctor", "The doctor gave no answer; run “unfade doctor” in a terminal to see why.")
        self.summary.setText(text)
        restyle(self.summary, "error")

    def _show(self, found: dict[str, Any]) -> None:
        usable = [device for device in found["devices"] if device["usable"]]
        broken = [model for model in found["models"] if not model["runs_on"]]
        self.summary.setText(_verdict(usable, found["models"], broken))
        yes, no = translate("Doctor", "yes"), translate("Doctor", "no")
        unusable = translate("Doctor", "cannot be used")
        devices = [(d["label"], _aside(yes if d["usable"] else no, d["note"])) for d in found["devices"]]
        # Why it is not the GPU is told once, by the devices.
        models = [(m["name"], m["runs_on"] or _aside(unusable, m["note"])) for m in found["models"]]
        self._group(translate("Doctor", "Devices, the first that works is used"), devices)
        self._group(translate("Doctor", "Models"), models)
        self._group(translate("Doctor", "Versions"), list(found["versions"].items()))
        self._group(translate("Doctor", "Places"), list(found["places"].items()))

    def _group(self, title: str, rows: list[tuple[str, str]]) -> None:
        group = QTreeWidgetItem(self.findings, [title])
        font = group.font(0)
        font.setBold(True)
        group.setFont(0, font)
        group.setFirstColumnSpanned(True)
        for name, finding in rows:
            row = QTreeWidgetItem(group, [name, finding])
            row.setToolTip(1, finding)
        group.setExpanded(True)

    def _copy_report(self) -> None:
        clipboard = QGuiApplication.clipboard()
        assert clipboard is not None
        clipboard.setText(self._report)


def open_log() -> None:
    """Opens the log file with whatever the system opens text files with; its folder while there is none."""
    path = log_file()
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path if path.exists() else path.parent)))


def _verdict(usable: list[dict[str, Any]], models: list[dict[str, Any]], broken: list[dict[str, Any]]) -> str:
    if not models:
        return translate("Doctor", "There are no models; install Unfade again.")
    if broken:
        names = ", ".join(model["name"] for model in broken)
        return translate("Doctor", "These models cannot be used: {names}.").format(names=names)
    return translate("Doctor", "All models can be used. They run on {device}.").format(
        device=usable[0]["label"] if usable else "CPU"
    )


def _aside(state: str, note: str | None) -> str:
    return f"{state}: {note}" if note else state


def _findings_list() -> QTreeWidget:
    tree = QTreeWidget()
    tree.setColumnCount(2)
    tree.setHeaderHidden(True)
    tree.setRootIsDecorated(False)
    tree.setItemsExpandable(False)
    tree.setWordWrap(True)
    tree.setAccessibleName(translate("Doctor", "Findings"))
    header = tree.header()
    assert header is not None
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
    header.setStretchLastSection(True)
    return tree
