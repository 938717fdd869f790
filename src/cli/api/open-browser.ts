import { spawn } from 'node:child_process'

const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ['open'],
  linux: ['xdg-open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
}

/**
 * Asks the desktop to show a page. No shell sees the URL.
 * @returns false where there is no desktop; true does not mean that somebody looks at it
 */
export function openBrowser(url: string, env: Readonly<Record<string, string | undefined>>): boolean {
  const opener = OPENERS[process.platform]
  const { DISPLAY, WAYLAND_DISPLAY, SSH_CONNECTION } = env
  if (opener === undefined || SSH_CONNECTION !== undefined) return false
  if (process.platform === 'linux' && DISPLAY === undefined && WAYLAND_DISPLAY === undefined) return false
  const [command, ...args] = opener
  const child = spawn(command, [...args, url], { stdio: 'ignore', detached: true })
  // The URL is printed anyway.
  child.once('error', () => undefined)
  child.unref()
  return true
}
