import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assetsRoutes, FAVICON, STYLESHEET } from '../../src/authority/pages/assets.ts'
import { confirmPage } from '../../src/authority/pages/confirm-page.ts'
import { errorPage } from '../../src/authority/pages/error-page.ts'
import { page } from '../../src/authority/pages/layout.ts'
import { html } from '../../src/authority/pages/markup.ts'
import { onwardPage } from '../../src/authority/pages/onward-page.ts'
import { badge, card, chips, facts, notice, table, timeline } from '../../src/authority/pages/parts.ts'
import { plainText } from '../../src/authority/pages/plain-text.ts'
import { returnPath } from '../../src/authority/pages/return-path.ts'
import { fromOwnPage } from '../../src/authority/pages/same-origin.ts'
import { securityHeaders } from '../../src/authority/pages/security-headers.ts'
import { FOUNDATION } from '../../src/authority/pages/style/foundation.ts'

const NASTY = '"><script>alert(1)</script><img src=x onerror=alert(1)>\'&amp;'

describe('what pages are made of', () => {
  const account = { name: NASTY, csrf: 'token' }
  const every = [
    page({ title: NASTY, width: 'wide', account, nav: [{ href: '/', label: NASTY, current: true }], body: html`${NASTY}${card({ title: NASTY, aside: badge(NASTY), body: NASTY, foot: NASTY })}${facts([[NASTY, NASTY]])}${notice('bad', NASTY, NASTY)}${chips([NASTY])}${table({ caption: NASTY, columns: [NASTY], rows: [[NASTY]], empty: NASTY })}${timeline(NASTY, [{ iso: NASTY, time: NASTY, event: NASTY, tone: 'good', body: NASTY }])}` }),
    errorPage({ title: NASTY, text: NASTY, next: [{ href: NASTY, label: NASTY }], account }),
    confirmPage({ title: NASTY, text: NASTY, details: NASTY, action: NASTY, csrf: NASTY, fields: { [NASTY]: NASTY }, confirm: NASTY, danger: true, cancelHref: NASTY, account }),
    onwardPage(`/x?${NASTY}`, NASTY),
  ].map(String)

  it('escape every text in every place', () => {
    for (const body of every) {
      expect(body).not.toMatch(/<script|<img/)
      expect(body).toContain('&lt;script&gt;')
    }
  })

  it('have a language, a title, landmarks, one heading, a way past the head, and nothing of another site', () => {
    for (const body of every) {
      expect(body).toMatch(/^<!doctype html>\n<html lang="en">/)
      expect(body).toMatch(/<title>.+ · Postern<\/title>/)
      expect(body).toMatch(/<a class="skip" href="#content">/)
      expect(body.match(/<main id="content"/g)).toHaveLength(1)
      expect(body).toContain('<header class="top">')
      expect(body).not.toMatch(/<script|<style|\sstyle=|\son[a-z]+=(?!alert)|javascript:/)
      expect([...body.matchAll(/(?:src|href)="(https?:)?\/\/[^"]*"/g)]).toEqual([])
    }
  })

  it('go on by themselves to a path of ours or a web address only', () => {
    for (const evil of ['javascript:alert(1)', 'data:text/html,x', '//evil.example', 'evil', '']) expect(() => onwardPage(evil, 'x')).toThrow(TypeError)
    expect(String(onwardPage('/resume?a=1&b=2', 'x'))).toContain('content="0; url=/resume?a=1&amp;b=2"')
  })

  it('say in a table’s cells which column they are, so that a phone can show a row by itself', () => {
    const text = String(table({ caption: 'Agents', columns: ['Name', 'Owner'], rows: [['A', 'B']], empty: '' }))
    expect(text).toContain('<td role="cell" data-label="Name">A</td><td role="cell" data-label="Owner">B</td>')
    expect(String(table({ caption: 'Agents', columns: ['Name'], rows: [], empty: 'None yet' }))).toContain('None yet')
  })
})

describe('texts of others', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['Alice\u202egnp.exe', 'Alice[U+202E]gnp.exe'],
    ['a\u0000b\u001b[31m\nc', 'a[U+0000]b[U+001B][31m[U+000A]c'],
    ['pay\u200bpal\ufeff\u00ad', 'pay[U+200B]pal[U+FEFF][U+00AD]'],
    ['\u2066x\u2069\u2028', '[U+2066]x[U+2069][U+2028]'],
    ['\ud800x', '[U+D800]x'],
    ['a\u{e0041}', 'a[U+E0041]'],
    ['\u3164\u115f', '[U+3164][U+115F]'],
    ['Zoë Müller-Ωμέγα 林', 'Zoë Müller-Ωμέγα 林'],
    ['e\u0301\u0302\u0303\u0304\u0305\u0306', 'e\u0301\u0302\u0303'],
  ]
  for (const [text, shown] of cases) it(`shows ${JSON.stringify(text)} as what it is`, () => expect(plainText(text)).toBe(shown))

  it('are cut in the middle, so that the end is seen', () => {
    expect(plainText(`${'a'.repeat(200)}.evil.example`, 40)).toBe(`${'a'.repeat(26)}….evil.example`)
    expect(plainText('x'.repeat(1_000_000), 40)).toHaveLength(40)
  })

  it('never hold what cannot be seen, nor more than was asked for', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.integer({ min: 12, max: 80 }), (text, most) => {
      const shown = plainText(text, most)
      expect([...shown].length).toBeLessThanOrEqual(most)
      expect(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(shown)).toBe(false)
    }))
  })
})

describe('where somebody goes back to', () => {
  for (const good of ['/', '/consent/abc', '/a/b?c=d&e=%2F', '/login']) it(`takes ${good}`, () => expect(returnPath(good)).toBe(good))
  for (const bad of [undefined, '', 'x', '//x.example', '///x', '/\\x', '\\/x', 'https://x.example', 'javascript:x', '/\nx', '/\tx', '/ x', '/\u0000', '/ü', '/x\\y', `/${'x'.repeat(2048)}`, '/..//x.example', '/.//x.example', '/%2e//x.example']) {
    it(`takes no ${JSON.stringify(bad)?.slice(0, 40)}`, () => expect(returnPath(bad, '/home')).toBe('/home'))
  }

  it('stays on the own origin, whatever is asked', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.string().map((text) => `/${text}`), fc.array(fc.constantFrom('/', '\\', '.', '..', '%2e', '@', ':', 'x', '?', '#', '\t'), { maxLength: 12 }).map((parts) => `/${parts.join('')}`)), (wish) => {
      expect(new URL(returnPath(wish), 'https://postern.acme.com').origin).toBe('https://postern.acme.com')
    }))
  })
})

describe('where a form was sent from', () => {
  const own = 'https://postern.acme.com'
  const cases: readonly (readonly [string | undefined, string | undefined, boolean])[] = [
    [own, 'same-origin', true], [own, undefined, true], [undefined, 'same-origin', true],
    [undefined, undefined, false], ['null', 'same-origin', false], ['null', undefined, false], [own, 'cross-site', false], [own, 'same-site', false], [own, 'none', false],
    ['https://evil.example', 'same-origin', false], ['https://postern.acme.com.evil.example', undefined, false], ['http://postern.acme.com', undefined, false], ['https://POSTERN.acme.com', undefined, false],
  ]
  for (const [origin, secFetchSite, expected] of cases) {
    it(`${expected ? 'takes' : 'refuses'} Origin ${origin}, Sec-Fetch-Site ${secFetchSite}`, () => expect(fromOwnPage({ origin, secFetchSite }, own)).toBe(expected))
  }
})

describe('headers', () => {
  it('let a page run nothing, load nothing of others, be framed by nobody, and send forms to us alone', () => {
    const headers = securityHeaders({ https: true })
    expect(headers['Content-Security-Policy']).toBe("default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
    expect(headers).toMatchObject({ 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff', 'X-Frame-Options': 'DENY', 'Referrer-Policy': 'same-origin', 'Cross-Origin-Opener-Policy': 'same-origin', 'Strict-Transport-Security': 'max-age=31536000' })
    expect(securityHeaders({ https: false })).not.toHaveProperty('Strict-Transport-Security')
  })
})

describe('the stylesheet', () => {
  it('has its content in its name and is kept for good', async () => {
    for (const asset of [STYLESHEET, FAVICON]) {
      expect(asset.path).toMatch(/^\/assets\/[a-z]+-[A-Za-z0-9_-]{16}\.(?:css|svg)$/)
      const answer = await assetsRoutes().request(asset.path)
      expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
      expect(await answer.text()).toBe(asset.content)
    }
    expect((await assetsRoutes().request('/assets/postern-0000000000000000.css')).status).toBe(404)
    expect(STYLESHEET.content).not.toMatch(/url\(|@import|https?:/)
  })

  const [light = '', dark = ''] = [...FOUNDATION.matchAll(/:root \{(.*?)\}/gs)].map(([, inside]) => inside ?? '')
  const colours = (block: string): ReadonlyMap<string, string> => new Map([...block.matchAll(/--([a-z-]+): (#[0-9a-f]{6})/g)].map(([, name = '', value = '']) => [name, value]))
  const texts: readonly (readonly [string, readonly string[]])[] = [
    ['ink', ['ground', 'surface', 'sunken', 'warn-soft', 'danger-soft', 'accent-soft']], ['muted', ['ground', 'surface', 'sunken', 'accent-soft']], ['accent', ['ground', 'surface', 'accent-soft']],
    ['danger', ['ground', 'surface', 'danger-soft']], ['warn', ['surface', 'warn-soft']], ['on-accent', ['accent']], ['on-strong', ['strong']], ['on-danger', ['danger']],
  ]
  for (const [scheme, block] of [['light', light], ['dark', dark]] as const) {
    it(`has enough contrast for texts (4.5) and for the edges of fields (3) when it is ${scheme}`, () => {
      const of = colours(block)
      for (const [text, grounds] of texts) {
        for (const ground of grounds) expect(contrast(of.get(text), of.get(ground)), `${text} on ${ground}`).toBeGreaterThanOrEqual(4.5)
      }
      for (const ground of ['surface', 'ground']) expect(contrast(of.get('edge'), of.get(ground)), `edge on ${ground}`).toBeGreaterThanOrEqual(3)
    })
  }
})

/** WCAG 2.2, relative luminance and contrast ratio. */
function contrast(one: string | undefined, other: string | undefined): number {
  const [low = 0, high = 0] = [luminance(one ?? ''), luminance(other ?? '')].sort((a, b) => a - b)
  return (high + 0.05) / (low + 0.05)
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
