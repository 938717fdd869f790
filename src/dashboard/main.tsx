import { render } from 'preact'
import { Api } from './api/client.ts'
import { App } from './app/app.tsx'
import './style/dashboard.css'

const place = document.getElementById('app')
if (place === null) throw new Error('the page has no place for the dashboard')
place.replaceChildren()
const api = new Api()
for (const kind of ['pointerdown', 'keydown', 'wheel', 'touchstart']) addEventListener(kind, () => { api.touched() }, { passive: true })
render(<App api={api} />, place)
