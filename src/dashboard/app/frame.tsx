import type { ComponentChildren, JSX } from 'preact'
import type { Me } from '../api/me.ts'
import { Notice } from '../parts/notice.tsx'
import { useKeptFocus } from './kept-focus.ts'
import { Link } from './link.tsx'
import { PLACES } from './pages.tsx'

/** The head that every page has, and the page below it. */
export function Frame({ me, path, children }: { readonly me: Me; readonly path: string; readonly children: ComponentChildren }): JSX.Element {
  useKeptFocus()
  return <>
    <a class="skip" href="#content">Skip to the content</a>
    <header class="top"><div class="top-row">
      <Link class="brand" href="/"><Mark />Postern</Link>
      <nav class="nav" aria-label="Main">
        {PLACES.filter(({ isFor }) => isFor(me)).map(({ href, label, elsewhere }) => {
          const current = href === '/' ? path === '/' : path === href || path.startsWith(`${href}/`)
          return elsewhere === true ? <a key={href} href={href}>{label}</a> : <Link key={href} href={href} isCurrent={current}>{label}</Link>
        })}
      </nav>
      <div class="account">
        <span><span class="visually-hidden">Signed in as </span><bdi>{me.name ?? me.id.replace(/^user:/, '')}</bdi></span>
        <form method="post" action="/logout"><input type="hidden" name="csrf" value={me.csrf ?? ''} /><button class="link-button">Sign out</button></form>
      </div>
    </div></header>
    <main id="content" class="wide stack" tabIndex={-1}>
      {me.break_glass && <Notice tone="warn" title="You have emergency access">You are an operator for a while, by a colleague’s leave. Everything that you do so stands in the audit.</Notice>}
      {children}
    </main>
  </>
}

function Mark(): JSX.Element {
  return <svg viewBox="0 0 22 26" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" aria-hidden="true" focusable="false">
    <path d="M3 25V11a8 8 0 0 1 16 0v14M1 25h20" /><path d="M7 25V12a4 4 0 0 1 8 0v13M12.6 18.5h.01" />
  </svg>
}
