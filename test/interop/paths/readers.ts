import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../support/redis-server.ts'
import { askPaths } from './ask-paths.ts'
import { GO_READER, HAPROXY, NGINX, PYTHON_READER } from './reader-sources.ts'
import type { PathReader } from './reader.ts'

/** Starts nginx, haproxy, and programs in Go and Python, each of which answers with the path as it reads it. */
export async function openReaders(): Promise<readonly PathReader[]> {
  const directory = mkdtempSync(join(tmpdir(), 'postern-paths-'))
  const file = (name: string, text: string): string => {
    writeFileSync(join(directory, name), text)
    return join(directory, name)
  }
  const [nginx, haproxy, haproxyStrict, go, python] = [await freePort(), await freePort(), await freePort(), await freePort(), await freePort()]
  const program = join(directory, 'go-reader')
  execFileSync('go', ['build', '-o', program, file('reader.go', GO_READER)], { env: { ...process.env, GO111MODULE: 'off' } })
  const opened = [
    { name: 'nginx, `$uri`', version: versionOf('nginx', ['-v']), port: nginx, child: spawn('nginx',
      ['-e', join(directory, 'error.log'), '-c', file('nginx.conf', NGINX(nginx, directory)), '-g', 'daemon off;']) },
    { name: 'haproxy, `path,url_dec`', version: versionOf('haproxy', ['-v']), port: haproxy, child: spawn('haproxy',
      ['-f', file('haproxy.cfg', HAPROXY(haproxy, haproxyStrict))]) },
    { name: 'haproxy, normalized', version: versionOf('haproxy', ['-v']), port: haproxyStrict, child: undefined },
    { name: 'Go net/http, behind its ServeMux', version: versionOf('go', ['version']), port: go, child: spawn(program, [String(go)]) },
    { name: 'Python http.server and urllib', version: versionOf('python3', ['--version']), port: python, child: spawn('python3',
      [file('reader.py', PYTHON_READER), String(python)]) },
  ]
  await Promise.all(opened.map(({ port }) => listening(port)))
  let left = opened.length
  return opened.map(({ name, version, port, child }) => ({
    name, version,
    read: (paths) => askPaths(port, paths),
    close: async () => {
      await ended(child)
      left -= 1
      if (left === 0) rmSync(directory, { recursive: true, force: true })
    },
  }))
}

function versionOf(command: string, args: readonly string[]): string {
  const text = execFileSync('sh', ['-c', `${command} ${args.join(' ')} 2>&1`]).toString()
  return /[0-9]+\.[0-9]+(?:\.[0-9]+)?/.exec(text)?.[0] ?? 'unknown'
}

async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy()
        resolve(true)
      })
      socket.on('error', () => resolve(false))
    })
    if (open) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`nobody listens at ${port}`)
}

async function ended(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null) return
  await new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.kill()
  })
}
