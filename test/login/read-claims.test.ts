import { describe, expect, it } from 'vitest'
import { readClaims, type ClaimsOptions } from '../../src/authority/login/read-claims.ts'

const OPTIONS: ClaimsOptions = { claims: { person: 'email', name: 'name', groups: 'groups' }, allowUnverifiedEmail: false }
const ENTRA: ClaimsOptions = { claims: { person: 'preferred_username', name: 'name', groups: 'groups' }, allowUnverifiedEmail: false }
const KEYCLOAK: ClaimsOptions = { claims: { person: 'email', name: 'name', groups: 'realm_groups' }, allowUnverifiedEmail: false }

const base = { iss: 'https://idp.example', sub: 's-1' }
const verified = { ...base, email: 'Alice@Acme.com', email_verified: true, name: 'Alice Chen' }

describe('a person, of what the identity provider says', () => {
  const people: readonly (readonly [string, Record<string, unknown>, ClaimsOptions, Record<string, unknown>])[] = [
    ['Google: a verified address, and no groups', verified, OPTIONS, { id: 'user:alice@acme.com', email: 'alice@acme.com', name: 'Alice Chen', groups: [] }],
    ['Okta: groups in a list, the same twice', { ...verified, groups: ['a', 'b', 'a'] }, OPTIONS, { groups: ['a', 'b'] }],
    ['Keycloak: groups under another name, verified as a text', { ...verified, email_verified: 'true', realm_groups: ['/ops'] }, KEYCLOAK, { groups: ['/ops'] }],
    ['one group as a text', { ...verified, groups: 'ops' }, OPTIONS, { groups: ['ops'] }],
    ['Entra: the user name, which is no verified address', { ...base, preferred_username: 'alice@acme.com', email: 'other@acme.com', groups: ['6f1a'] }, ENTRA, { id: 'user:alice@acme.com', email: undefined, groups: ['6f1a'] }],
    ['an address that is not verified, where that is allowed', { ...base, email: 'alice@acme.com' }, { ...OPTIONS, allowUnverifiedEmail: true }, { id: 'user:alice@acme.com', email: 'alice@acme.com' }],
    ['a name of spaces is none, a long one is cut', { ...verified, name: '   ' }, OPTIONS, { name: undefined }],
    ['a name that is no text is none', { ...verified, name: { given: 'Alice' } }, OPTIONS, { name: undefined }],
  ]
  for (const [name, claims, options, expected] of people) {
    it(name, () => expect(readClaims({ ...base, ...claims }, options)).toMatchObject({ issuer: base.iss, subject: base.sub, ...expected }))
  }

  const refused: readonly (readonly [string, Record<string, unknown>, ClaimsOptions, RegExp])[] = [
    ['no address', base, OPTIONS, /claim email is missing/],
    ['an address that is a list', { ...verified, email: ['a@b.c'] }, OPTIONS, /claim email is missing/],
    ['an address that is not verified', { ...verified, email_verified: false }, OPTIONS, /not verified/],
    ['an address of which it is not said', { ...verified, email_verified: undefined }, OPTIONS, /not verified/],
    ['an address with a space', { ...verified, email: 'alice @acme.com' }, OPTIONS, /cannot be used|can be used/],
    ['an address with a line break', { ...verified, email: 'alice@acme.com\nuser:bob@acme.com' }, OPTIONS, /can be used/],
    ['an address beyond ASCII, which could look like another', { ...verified, email: 'аlice@acme.com' }, OPTIONS, /can be used/],
    ['an address longer than any', { ...verified, email: `${'a'.repeat(250)}@acme.com` }, OPTIONS, /can be used/],
    ['Entra’s overage by hasgroups', { ...verified, hasgroups: true }, OPTIONS, /too many \(groups overage\)/],
    ['Entra’s overage by _claim_names', { ...verified, _claim_names: { groups: 'src1' } }, OPTIONS, /too many \(groups overage\)/],
    ['groups that are no texts', { ...verified, groups: [{ id: 1 }] }, OPTIONS, /no list of names/],
    ['more groups than anybody has', { ...verified, groups: Array.from({ length: 1001 }, (_, index) => `g${index}`) }, OPTIONS, /more than 1000 groups/],
  ]
  for (const [name, claims, options, reason] of refused) {
    it(`refuses ${name}, and says why`, () => {
      const result = readClaims({ ...base, ...claims }, options)
      expect('refused' in result && result.refused).toMatch(reason)
      expect('refused' in result && result.advice.length > 20).toBe(true)
    })
  }
})
