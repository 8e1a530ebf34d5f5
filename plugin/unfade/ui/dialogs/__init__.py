"""The dialogs: saving, the picker of hints' colours, the list of keys, the doctor's findings."""
