/** What `scripts/test-interop.sh` brings, and where. */
export type Given = 'RUN' | 'KEYCLOAK' | 'HELM' | 'PYTHON' | 'GO_CLIENT'

/** Where it is. @throws Error where the tests were started without the script */
export function given(what: Given): string {
  const place = process.env[`POSTERN_INTEROP_${what}`]
  if (place === undefined || place === '') throw new Error('These tests need what scripts/test-interop.sh brings: run "npm run test:interop".')
  return place
}
