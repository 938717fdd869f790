"""An agent whose OAuth is requests-oauthlib's, with PKCE of its own and its tokens refreshed by themselves."""
import os

import requests
from oauthlib.oauth2 import InvalidGrantError
from requests_oauthlib import OAuth2Session

from agent import CALL, CLIENT_ID, METADATA, Callback, say

callback = Callback()
client = OAuth2Session(CLIENT_ID, redirect_uri=callback.url, scope=os.environ['SCOPE'].split(), pkce='S256')
url, _ = client.authorization_url(METADATA['authorization_endpoint'])
say(open=url)
# Without OAUTHLIB_RELAX_TOKEN_SCOPE: what is granted has to be told as it was asked for.
client.fetch_token(METADATA['token_endpoint'], authorization_response=callback.wait(), include_client_id=True)
first = dict(client.token)
result = {'scope': first['scope'], 'called': client.get(CALL).status_code}

# Its time is over, as the library sees it: the next call refreshes first.
client.auto_refresh_url = METADATA['token_endpoint']
client.auto_refresh_kwargs = {'client_id': CLIENT_ID}
client.token_updater = lambda token: setattr(client, 'token', token)
client.token = {**first, 'expires_at': 1}
result['called_after'] = client.get(CALL).status_code
result['refreshed'] = client.token['access_token'] != first['access_token']

url, headers, body = client._client.prepare_token_revocation_request(METADATA['revocation_endpoint'], client.token['refresh_token'], 'refresh_token', client_id=CLIENT_ID)
result['revoked'] = requests.post(url, headers=headers, data=body, timeout=20).status_code
result['refused'] = client.get(CALL).status_code
try:
    client.refresh_token(METADATA['token_endpoint'], client_id=CLIENT_ID)
except InvalidGrantError as error:
    result['refresh_refused'] = error.error
say(**result)
