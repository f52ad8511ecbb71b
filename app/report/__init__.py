"""An evaluation as files for people and for programs: report.html and report.json."""
