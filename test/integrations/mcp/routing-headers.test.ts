import { expect, it } from 'vitest'
import { isDenial } from '../../../src/model/denial.ts'
import { headerMismatch, readRoutingHeaders } from '../../../src/integrations/mcp/routing-headers.ts'

it('compares fields with as many arguments as a body can have', () => {
  const headers = readRoutingHeaders(['mcp-param-repo', 'acme/backend'])
  if (isDenial(headers)) throw new Error('refused')
  const many = Object.fromEntries(Array.from({ length: 200_000 }, (_, at) => [`a${at}`, null]))
  const message = (repo: string) => ({ kind: 'request' as const, id: 1, method: 'tools/call', params: { name: 'review_pr', arguments: { ...many, repo } } })
  expect(headerMismatch(headers, message('acme/backend'))).toBeUndefined()
  expect(headerMismatch(headers, message('acme/payroll'))).toMatchObject({ denial: 'request_ambiguous' })
})
