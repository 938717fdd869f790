import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from './source-tree.ts'

const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const pages = read('src/dashboard/app/pages.tsx')

/** `/agents Agents true`: where, what it is called, whether only some see it. */
function navigation(text: string, forSome: RegExp): readonly string[] {
  return [...text.matchAll(/^ {2}\{ href: '([^']+)', label: '([^']+)'.*$/gm)].map(([line, href, label]) => `${href} ${label} ${forSome.test(line)}`)
}

// What runs in browsers and what the server draws share no code: each has its list, and these hold them to one another.
describe('the places of the dashboard', () => {
  it('stand in the navigation of the pages without scripts as in its own', () => {
    const own = navigation(pages, /isFor: seesAll/)
    expect(own.length).toBeGreaterThan(4)
    expect(navigation(read('src/authority/approval-pages/frame.ts'), /seesAll: true/)).toEqual(own)
  })

  it('are served where its code knows a page, and nowhere else', () => {
    const known = [...pages.matchAll(/\{ form: '([^']+)'/g)].map(([, form]) => form)
    const [, served = ''] = /const PLACES = \[(.*)\]/.exec(read('src/authority/dashboard/dashboard-routes.ts')) ?? []
    expect([...served.matchAll(/'([^']+)'/g)].map(([, place]) => place).toSorted()).toEqual(known.toSorted())
  })
})
