import { documentHead } from '../pages/layout.ts'
import { html, type Markup } from '../pages/markup.ts'
import type { DashboardBundle } from './dashboard-bundle.ts'

/** The page in which the dashboard's code draws. It says nothing of anybody: what is shown comes from the API, for whoever is signed in then. */
export function shellPage({ script, style }: DashboardBundle): Markup {
  return html`<!doctype html>
<html lang="en">
${documentHead('Postern', html`<link rel="stylesheet" href="${style.path}" integrity="${style.integrity}">
<script type="module" src="${script.path}" integrity="${script.integrity}"></script>`)}
<body>
<div id="app"><main id="content" class="reading stack"><noscript><h1>The dashboard needs JavaScript</h1>
<p>Approving, connecting and signing in work without it. To look at your agents or to revoke one without it, use the command line:
<code>postern delegation list</code>, <code>postern delegation revoke</code>.</p></noscript></main></div>
</body>
</html>`
}
