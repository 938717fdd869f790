# An ordinary program on Python's requests; the proxy and the CA come from the environment.
import json
import os

import requests

base = os.environ.get("BASE_URL", "https://api.github.com")
headers = {"Authorization": "Bearer " + os.environ["AUTH"]} if "AUTH" in os.environ else {}
allowed = requests.get(base + "/repos/acme-corp/backend/pulls/42", headers=headers, timeout=15)
denied = requests.post(base + "/repos/acme-corp/prod-payments/pulls/3/reviews", json={"event": "APPROVE"}, headers=headers, timeout=15)
print(json.dumps({"allowed": allowed.status_code, "title": allowed.json().get("title"), "denied": denied.status_code, "code": denied.json()["postern"]["code"]}))
