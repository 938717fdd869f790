import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from '../house/source-tree.ts'
import { ANSWERS } from './answers.ts'
import { CORPUS, countsOf, type FamilyCount } from './corpus.ts'
import { H2_CORPUS, waysOf } from './h2/h2-corpus.ts'

/** The two tables, as they have to stand in the document. */
function tables(): string {
  const overHttp2 = H2_CORPUS.map(({ family, rows }): FamilyCount => ({ family, rows: rows.length, cases: rows.reduce((total, row) => total + waysOf(row).length, 0) }))
  const requests = [...countsOf(CORPUS), ...overHttp2]
  const sum = (of: 'rows' | 'cases'): string => requests.reduce((total, count) => total + count[of], 0).toLocaleString('en')
  const answers = ANSWERS.map(({ family, rows }) => `| ${family} | ${rows.length} |`)
  return `| requests | kinds | through every door |
|---|---|---|
${requests.map(({ family, rows, cases }) => `| ${family} | ${rows} | ${cases} |`).join('\n')}
| all | ${sum('rows')} | ${sum('cases')} |

| answers | kinds |
|---|---|
${answers.join('\n')}
| all | ${ANSWERS.reduce((total, { rows }) => total + rows.length, 0)} |
`
}

it('docs/security.md says how many cases the raw corpus has', () => {
  expect(readFileSync(join(root, 'docs', 'security.md'), 'utf8')).toContain(tables())
})
