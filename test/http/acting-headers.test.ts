import { describe, expect, it } from 'vitest'
import { readHeaders } from '../../src/http/headers.ts'

const read = (name: string): ReturnType<typeof readHeaders> => readHeaders(['Host', 'a', name, 'admin'], { maxHeaders: 10 })

describe('a header that has the upstream act as somebody else', () => {
  it.each([
    'Sudo', 'Impersonate-User', 'impersonate-group', 'Impersonate-Extra-Scopes', 'X-Impersonate-User', 'X-Impersonated-User', 'X-Impersonate', 'As-User', 'On-Behalf-Of',
    'X-Run-As', 'Dropbox-API-Select-User', 'Dropbox-API-Select-Admin',
  ])('%s is refused, not passed over', (name) => {
    expect(read(name)).toMatchObject({ denial: 'header_refused', detail: `${name.toLowerCase()} names somebody to act as` })
  })

  it.each(['X-Pseudo', 'X-Assigned-User', 'Impersonator'])('%s is another header', (name) => {
    expect(read(name)).toMatchObject({ headers: [name, 'admin'] })
  })
})
