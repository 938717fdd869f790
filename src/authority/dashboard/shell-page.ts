import { FAVICON, STYLESHEET } from '../pages/assets.ts'
import { html, type Markup } from '../pages/markup.ts'
import type { DashboardBundle } from './dashboard-bundle.ts'

/** The page in which the dashboard's code draws. It says nothing of anybody: what is shown comes from the API, for whoever is signed in then. */
export function shellPage({ script, style }: DashboardBundle): Markup {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Postern</title>
<link rel="stylesheet" href="${STYLESHEET.path}">
<link rel="stylesheet" href="${style.path}" integrity="${style.integrity}">
<link rel="icon" href="${FAVICON.path}" type="image/svg+xml">
<script type="module" src="${script.path}" integrity="${script.integrity}"></script>
</head>
<body>
<div id="app"><main id="content" class="reading stack"><noscript><h1>The dashboard needs JavaScript</h1>
<p>Approving, connecting and signing in work without it. To look at your agents or to revoke one without it, use the command line:
<code>postern delegation list</code>, <code>postern delegation revoke</code>.</p></noscript></main></div>
</body>
</html>`
}
