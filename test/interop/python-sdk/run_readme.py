"""Runs every snippet of the package's README, one after another in one program, at the addresses that the environment names.

A browser that a snippet opens is a line of its own for whoever runs this.
"""

import os
import re
import webbrowser

with open(os.environ["README"], encoding="utf-8") as file:
    text = file.read()
snippets = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)

webbrowser.open = lambda url: print(f"open {url}", flush=True)
REPLACED = {
    "https://postern.acme.com": os.environ["AUTHORITY"],
    "http://127.0.0.1:8080": os.environ["PROXY"],
    "https://api.github.com": os.environ["GITHUB"],
    "postern-ca.pem": os.environ["CA"],
}
for old in REPLACED:
    assert any(old in snippet for snippet in snippets), f"the README does not say {old} any more"

names = {"__name__": "readme"}
for number, snippet in enumerate(snippets, 1):
    for old, new in REPLACED.items():
        snippet = snippet.replace(old, new)
    print(f"snippet {number}", flush=True)
    exec(compile(snippet, f"snippet {number} of the README", "exec", dont_inherit=True), names)
print(f"ran {len(snippets)}")
