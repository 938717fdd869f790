import type { Denial } from '../../model/denial.ts'
import { deny, isDenial } from '../../model/denial.ts'
import { refusedParameter } from './parameter.ts'
import type { PathTemplate } from './path-template.ts'

/** The one template that a request is. */
export interface PathMatch<T> {
  readonly value: T
  /** As they stood in the path, not decoded. */
  readonly parameters: Readonly<Record<string, string>>
}

interface Entry<T> {
  readonly template: PathTemplate
  readonly value: T
}

interface Node<T> {
  readonly literals: Map<string, Node<T>>
  number: Node<T> | undefined
  text: Node<T> | undefined
  /** By method: templates that end here. */
  readonly ends: Map<string, Entry<T>>
  /** By method: templates whose last parameter takes everything from here on. */
  readonly rests: Map<string, Entry<T>>
}

/** Paths that are called again and again. */
const MAX_KNOWN = 4_096
const MAX_KNOWN_LENGTH = 256
const DIGITS = /^[0-9]{1,20}$/

/**
 * Matches method and raw path to templates. At each segment a literal beats a number, a number beats text, and text beats the
 * rest of the path; a branch that leads nowhere for this method is taken back. Nothing is decoded or normalised.
 */
export class PathTrie<T> {
  readonly #root: Node<T> = emptyNode()
  /** Of method and path, which are all that a match is made of; forgotten whole where it is full. */
  readonly #known = new Map<string, PathMatch<T>>()

  /** @throws TypeError where a template of the same shape stands there already for this method */
  add(method: string, template: PathTemplate, value: T): void {
    let node = this.#root
    for (const part of template.parts) {
      if ('kind' in part && part.kind === 'rest') return put(node.rests, method, { template, value })
      node = 'literal' in part ? literalChild(node, part.literal) : parameterChild(node, part.kind === 'number')
    }
    put(node.ends, method, { template, value })
  }

  /**
   * Pure but for what it remembers; O(segments), but for a literal and a parameter that overlap.
   * @param path begins with `/`, without the query
   * @returns the match, or the denial `operation_unknown` or `path_refused`
   */
  match(method: string, path: string): PathMatch<T> | Denial {
    if (path.length > MAX_KNOWN_LENGTH) return this.#match(method, path)
    const key = `${method} ${path}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const found = this.#match(method, path)
    if (this.#known.size >= MAX_KNOWN) this.#known.clear()
    if (!isDenial(found)) this.#known.set(key, found)
    return found
  }

  #match(method: string, path: string): PathMatch<T> | Denial {
    const segments = path.slice(1).split('/')
    const entry = find(this.#root, method, segments, 0)
    if (entry === undefined) return deny('operation_unknown', 'no template matches this method and path')
    return bind(entry, segments)
  }
}

function emptyNode<T>(): Node<T> {
  return { literals: new Map(), number: undefined, text: undefined, ends: new Map(), rests: new Map() }
}

function literalChild<T>(node: Node<T>, literal: string): Node<T> {
  const child = node.literals.get(literal) ?? emptyNode<T>()
  node.literals.set(literal, child)
  return child
}

function parameterChild<T>(node: Node<T>, number: boolean): Node<T> {
  if (number) return (node.number ??= emptyNode<T>())
  return (node.text ??= emptyNode<T>())
}

function put<T>(entries: Map<string, Entry<T>>, method: string, entry: Entry<T>): void {
  const there = entries.get(method)
  if (there !== undefined) throw new TypeError(`${method} ${entry.template.text} has the same shape as ${there.template.text}`)
  entries.set(method, entry)
}

function find<T>(node: Node<T>, method: string, segments: readonly string[], at: number): Entry<T> | undefined {
  const segment = segments[at]
  if (segment === undefined) return node.ends.get(method)
  const literal = node.literals.get(segment)
  const found = literal === undefined ? undefined : find(literal, method, segments, at + 1)
  return found ?? findParameter(node, method, segments, at, segment)
}

function findParameter<T>(node: Node<T>, method: string, segments: readonly string[], at: number, segment: string): Entry<T> | undefined {
  const number = node.number === undefined || !DIGITS.test(segment) ? undefined : find(node.number, method, segments, at + 1)
  const found = number ?? (node.text === undefined || segment === '' ? undefined : find(node.text, method, segments, at + 1))
  return found ?? node.rests.get(method)
}

/** Objects that inherit nothing, as of `Object.create(null)`, but that the engine keeps as fast as others. */
const Parameters = function () {} as unknown as new () => Record<string, string>
Object.defineProperty(Parameters, 'prototype', { value: Object.freeze(Object.create(null)) })

function bind<T>(entry: Entry<T>, segments: readonly string[]): PathMatch<T> | Denial {
  const parameters = new Parameters()
  const { parts } = entry.template
  for (let at = 0; at < parts.length; at += 1) {
    const part = parts[at]
    if (part === undefined || 'literal' in part) continue
    const raw = part.kind === 'rest' ? segments.slice(at).join('/') : (segments[at] ?? '')
    const reason = refusedParameter(raw, part.kind)
    if (reason !== undefined) return deny('path_refused', `{${part.parameter}} of ${entry.template.text}: ${reason}`)
    parameters[part.parameter] = raw
  }
  return { value: entry.value, parameters }
}
