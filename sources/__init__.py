"""How things get in: files of departments, lists of courts and ministries."""
