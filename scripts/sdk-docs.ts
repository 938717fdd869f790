// Writes docs/sdk/reference.md from the docstrings of what the SDK exports:
//   node scripts/sdk-docs.ts [--check]
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { parseSync, type Class, type Comment, type Function as FunctionNode, type Program, type TSInterfaceDeclaration, type TSTypeAliasDeclaration, type VariableDeclaration } from 'oxc-parser'

const ROOT = join(import.meta.dirname, '..')
const OUTPUT = join(ROOT, 'docs', 'sdk', 'reference.md')
const ENTRIES = [
  { name: 'postern/sdk', file: join(ROOT, 'src', 'sdk', 'index.ts') },
  { name: 'postern/mcp', file: join(ROOT, 'src', 'sdk', 'mcp', 'index.ts') },
]

type Statement = Program['body'][number]
type Declaration = FunctionNode | Class | TSInterfaceDeclaration | TSTypeAliasDeclaration | VariableDeclaration

/** A file that was parsed. */
interface Source {
  readonly path: string
  readonly text: string
  readonly body: readonly Statement[]
  readonly comments: readonly Comment[]
}

/** Something that is exported, with all its declarations (a function has one for each overload). */
interface Exported {
  readonly name: string
  readonly kind: 'function' | 'error' | 'type'
  readonly source: Source
  readonly declarations: readonly { readonly node: Declaration; readonly start: number }[]
}

const GROUPS = [['function', 'Functions'], ['error', 'Errors and classes'], ['type', 'Types']] as const
const sources = new Map<string, Source>()

/** The whole page. @throws where something is exported that has no docstring, so that nothing goes undescribed */
export function sdkReference(): string {
  const headings = new Map<string, string>()
  const packages = ENTRIES.filter(({ file }) => existsSync(file)).map(({ name, file }) => {
    const exported = exportsOf(file).filter((one) => !headings.has(one.name))
    for (const one of exported) headings.set(one.name, headingOf(one, [...headings.values()]))
    return { name, exported }
  })
  const sections = packages.flatMap(({ name, exported }) => [`## ${name}`, ...GROUPS.flatMap(([kind, title]) => {
    const group = exported.filter((one) => one.kind === kind).toSorted((a, b) => a.name.localeCompare(b.name, 'en'))
    return group.length === 0 ? [] : [`**${title}**: ${group.map((one) => linkTo(one.name, headings)).join(', ')}`, ...group.map((one) => entryText(one, headings))]
  })])
  const head = '# The SDK, name by name\n\nGenerated from the docstrings by `npm run docs:sdk`; do not edit. How to begin: [sdk.md](../sdk.md). Every code: [errors.md](../errors.md).'
  return `${[head, ...sections].join('\n\n')}\n`
}

/** Two names that differ in case alone would share an anchor. */
function headingOf({ name, kind }: Exported, taken: readonly string[]): string {
  return taken.some((other) => other.toLowerCase() === name.toLowerCase()) ? `${name} (${kind})` : name
}

function linkTo(name: string, headings: ReadonlyMap<string, string>): string {
  const anchor = (headings.get(name) ?? name).toLowerCase().replaceAll(/[^a-z0-9_ -]/g, '').replaceAll(' ', '-')
  return `[${name}](#${anchor})`
}

function exportsOf(file: string): readonly Exported[] {
  return sourceOf(file).body.flatMap((statement) => {
    if (statement.type === 'ExportAllDeclaration') throw new Error(`${file} exports everything of another file: name what it is`)
    if (statement.type !== 'ExportNamedDeclaration' || statement.source === null) return []
    const target = join(dirname(file), statement.source.value)
    return statement.specifiers.map(({ local }) => exportedAt(sourceOf(target), 'name' in local ? local.name : local.value))
  })
}

/** Follows a name to where it is declared. */
function exportedAt(source: Source, name: string): Exported {
  const declarations = source.body.flatMap((statement) => {
    const node = (statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement) as Declaration | null
    return node !== null && namesOf(node).includes(name) ? [{ node, start: statement.start }] : []
  })
  if (declarations.length > 0) return { name, kind: kindOf(declarations[0]?.node), source, declarations }
  const onward = source.body.flatMap((statement) => (statement.type === 'ExportNamedDeclaration' && statement.source !== null
    && statement.specifiers.some(({ exported }) => 'name' in exported && exported.name === name) ? [statement.source.value] : []))[0]
  if (onward === undefined) throw new Error(`${source.path} does not declare ${name}`)
  return exportedAt(sourceOf(join(dirname(source.path), onward)), name)
}

function namesOf(node: Declaration): readonly string[] {
  switch (node.type) {
    case 'VariableDeclaration': return node.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.name] : []))
    case 'TSInterfaceDeclaration': case 'TSTypeAliasDeclaration': return [node.id.name]
    case 'FunctionDeclaration': case 'ClassDeclaration': case 'TSDeclareFunction': return node.id === null ? [] : [node.id.name]
    default: return []
  }
}

function kindOf(node: Declaration | undefined): Exported['kind'] {
  if (node?.type === 'FunctionDeclaration' || node?.type === 'TSDeclareFunction' || node?.type === 'VariableDeclaration') return 'function'
  return node?.type === 'ClassDeclaration' ? 'error' : 'type'
}

function entryText({ name, source, declarations }: Exported, headings: ReadonlyMap<string, string>): string {
  const [first] = declarations
  const doc = first === undefined ? undefined : docBefore(source, first.start)
  if (first === undefined || doc === undefined) throw new Error(`${relative(ROOT, source.path)}: ${name} has no docstring`)
  const shown = declarations.filter(({ node }) => declarations.length === 1 || node.type !== 'FunctionDeclaration').map(({ node }) => signatureOf(node, source))
  const members = membersOf(first.node, source)
  const text = declarations.map(({ node }) => source.text.slice(node.start, 'body' in node && node.type === 'FunctionDeclaration' ? node.body?.start : node.end)).join('\n')
  const related = [...new Set(text.match(/\b[A-Za-z]\w+\b/g) ?? [])].filter((word) => word !== name && headings.has(word) && /^[A-Z]/.test(word)).toSorted()
  return [
    `### ${headings.get(name) ?? name}`,
    docText(doc),
    `\`\`\`ts\n${shown.join('\n')}\n\`\`\``,
    ...(members.length === 0 ? [] : [members.join('\n')]),
    ...(related.length === 0 ? [] : [`See ${related.map((word) => linkTo(word, headings)).join(', ')}.`]),
  ].join('\n\n')
}

/** The declaration without its body; of a type alias all of it, since it has no members of its own. */
function signatureOf(node: Declaration, { text }: Source): string {
  const until = (end: number | undefined): string => text.slice(node.start, end).trim().replace(/^async /, '')
  switch (node.type) {
    case 'FunctionDeclaration': case 'ClassDeclaration': case 'TSInterfaceDeclaration': return until(node.body?.start)
    case 'VariableDeclaration': return until(node.declarations[0]?.init?.start).replace(/\s*=$/, '')
    default: return until(node.end)
  }
}

/** What can be read or called of an interface or a class, each with its docstring. */
function membersOf(node: Declaration, source: Source): readonly string[] {
  if (node.type !== 'TSInterfaceDeclaration' && node.type !== 'ClassDeclaration') return []
  return node.body.body.flatMap((member) => {
    if (!('key' in member) || member.key.type !== 'Identifier' || ('computed' in member && member.computed)) return []
    if (member.type === 'MethodDefinition' && member.kind === 'constructor') return []
    const body = member.type === 'MethodDefinition' ? member.value.body : null
    const signature = source.text.slice(member.start, body === null ? member.end : body.start)
    const doc = docBefore(source, member.start)
    return [`- \`${oneLine(signature)}\`${doc === undefined ? '' : `: ${oneLine(docText(doc))}`}`]
  })
}

/** The docstring that ends where the declaration begins. */
function docBefore({ text, comments }: Source, start: number): string | undefined {
  return comments.findLast(({ type, value, end }) => type === 'Block' && value.startsWith('*') && end <= start && text.slice(end, start).trim() === '')?.value
}

function docText(comment: string): string {
  const text = comment.replace(/^\*/, '').split('\n').map((line) => line.replace(/^\s*\* ?/, '')).join('\n').trim()
  return text
    .replaceAll(/(?:^|\s)@throws\s+/g, '\n\nThrows: ')
    .replaceAll(/(?:^|\s)@returns\s+/g, '\n\nReturns: ')
    .replaceAll(/(?:^|\s)@param\s+(\S+)\s+/g, '\n\n`$1`: ')
    .replaceAll(/(?:^|\s)@see\s+/g, '\n\nSee ')
    // What would be read as markup.
    .replaceAll(/(?<!`)<(?=[a-z/])/g, '\\<').trim()
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replace(/[;,]$/, '').trim()
}

function sourceOf(path: string): Source {
  const known = sources.get(path)
  if (known !== undefined) return known
  const text = readFileSync(path, 'utf8')
  const { program, comments, errors } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message ?? 'cannot be parsed'}`)
  const source = { path, text, body: program.body, comments }
  sources.set(path, source)
  return source
}

if (import.meta.main) {
  const page = sdkReference()
  if (!process.argv.includes('--check')) {
    mkdirSync(dirname(OUTPUT), { recursive: true })
    writeFileSync(OUTPUT, page)
  } else if (!existsSync(OUTPUT) || readFileSync(OUTPUT, 'utf8') !== page) {
    process.stderr.write('docs/sdk/reference.md is not what the docstrings say: npm run docs:sdk\n')
    process.exitCode = 1
  }
}
