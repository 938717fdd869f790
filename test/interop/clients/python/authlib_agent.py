"""An agent whose OAuth is Authlib's: `code`, `device`, or `itself`, where it acts for nobody and proves itself by a key."""
import os
import secrets
import sys
import time

import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from agent import CALL, CLIENT_ID, ISSUER, METADATA, Callback, say

DEVICE = 'urn:ietf:params:oauth:grant-type:device_code'


def session(**more):
    return OAuth2Session(CLIENT_ID, token_endpoint_auth_method='none', code_challenge_method='S256', **more)


def by_code():
    callback = Callback()
    client = session(redirect_uri=callback.url)
    verifier = secrets.token_urlsafe(32)
    url, state = client.create_authorization_url(METADATA['authorization_endpoint'], code_verifier=verifier, authorization_details=os.environ['DETAILS'])
    say(open=url)
    client.fetch_token(METADATA['token_endpoint'], authorization_response=callback.wait(), state=state, code_verifier=verifier)
    return client


def by_device():
    client = session()
    started = requests.post(METADATA['device_authorization_endpoint'], data={'client_id': CLIENT_ID, 'scope': os.environ['SCOPE']}, timeout=20).json()
    say(open=started['verification_uri_complete'], code=started['user_code'])
    waited = set()
    while True:
        try:
            client.fetch_token(METADATA['token_endpoint'], grant_type=DEVICE, device_code=started['device_code'])
            return client, sorted(waited)
        except OAuthError as error:
            if error.error not in ('authorization_pending', 'slow_down'):
                raise
            waited.add(error.error)
            time.sleep(started['interval'])


def for_itself(lifetime):
    with open(os.environ['KEY'], encoding='ascii') as file:
        key = ECKey.import_key(file.read())
    # Without a scope: what it may do follows from policy.
    client = OAuth2Session(CLIENT_ID, key, token_endpoint_auth_method='private_key_jwt')
    # Said, since Authlib's default is an hour.
    client.register_client_auth_method(PrivateKeyJWT(METADATA['token_endpoint'], alg='ES256', claims={'exp': int(time.time()) + lifetime}))
    client.fetch_token(METADATA['token_endpoint'], grant_type='client_credentials')
    return client


def claims(token):
    """Verified as any resource server would: by the keys that the metadata name."""
    keys = KeySet.import_key_set(requests.get(METADATA['jwks_uri'], timeout=20).json())
    verified = jwt.decode(token['access_token'], keys, algorithms=['ES256'])
    jwt.JWTClaimsRegistry(iss={'essential': True, 'value': ISSUER}).validate(verified.claims)
    return {'typ': verified.header['typ'], 'sub': verified.claims['sub'], 'act': verified.claims.get('act', {}).get('sub')}


def whole_life(client):
    first = dict(client.token)
    result = {'claims': claims(first), 'called': client.get(CALL).status_code}
    client.refresh_token(METADATA['token_endpoint'])
    result['refreshed'] = client.token['refresh_token'] != first['refresh_token'] and client.token['access_token'] != first['access_token']
    result['called_after'] = client.get(CALL).status_code
    introspected = client.introspect_token(METADATA['introspection_endpoint'], token=client.token['access_token']).json()
    result['introspected'] = {'active': introspected['active'], 'client_id': introspected.get('client_id')}
    result['revoked'] = client.revoke_token(METADATA['revocation_endpoint'], token=client.token['refresh_token'], token_type_hint='refresh_token').status_code
    result['introspected_after'] = client.introspect_token(METADATA['introspection_endpoint'], token=client.token['access_token']).json()
    result['refused'] = client.get(CALL).status_code
    try:
        client.refresh_token(METADATA['token_endpoint'])
    except OAuthError as error:
        result['refresh_refused'] = error.error
    return result


if sys.argv[1] == 'code':
    say(**whole_life(by_code()))
elif sys.argv[1] == 'device':
    client, waited = by_device()
    say(waited=waited, **whole_life(client))
else:
    client = for_itself(int(os.environ['LIFETIME']))
    say(claims=claims(client.token), called=client.get(CALL).status_code, refresh_token='refresh_token' in client.token)
