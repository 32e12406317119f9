import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import ts from 'typescript'

/** The files of this repository as they stand in the working tree, read and parsed once. Paths are relative to the root. */
export const root = join(__dirname, '../..')

export const tracked: readonly string[] = git('ls-files', '--cached', '--others', '--exclude-standard')
export const code = tracked.filter((path) => /^(lib|test|bench|scripts)\/.*\.ts$/.test(path) && !path.startsWith('test/fixtures/'))
export const library = code.filter((path) => path.startsWith('lib/'))
export const text = (path: string): string => readFileSync(join(root, path), 'utf8')
export const sources: ReadonlyMap<string, ts.SourceFile> =
  new Map(code.map((path) => [path, ts.createSourceFile(path, text(path), ts.ScriptTarget.ES2022, true)]))

export function git(...words: string[]): string[] {
  // A clone may belong to another user than runs the tests.
  const lines = execFileSync('git', ['-c', 'safe.directory=*', ...words], { cwd: root, encoding: 'utf8' }).split('\n')
  return lines.filter((path) => path !== '' && existsSync(join(root, path)))
}

export interface Import {
  readonly from: string
  /** A path of this repository, or the name of a package. */
  readonly to: string
  /** What is taken of it; `*` for everything. */
  readonly names: readonly string[]
  readonly typeOnly: boolean
}

export function importsOf(path: string): readonly Import[] {
  let found = imports.get(path)
  if (found === undefined) imports.set(path, found = readImports(path))
  return found
}

const imports = new Map<string, readonly Import[]>()

function readImports(path: string): Import[] {
  const found: Import[] = []
  for (const statement of sources.get(path)?.statements ?? []) {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) continue
    if (statement.moduleSpecifier === undefined || !ts.isStringLiteral(statement.moduleSpecifier)) continue
    const specifier = statement.moduleSpecifier.text
    const to = specifier.startsWith('.') ? `${posix.join(dirname(path), specifier)}.ts` : specifier
    found.push({ from: path, to, names: namesOf(statement), typeOnly: isTypeOnly(statement) })
  }
  return found
}

function namesOf(statement: ts.ImportDeclaration | ts.ExportDeclaration): string[] {
  const bindings = ts.isExportDeclaration(statement) ? statement.exportClause : statement.importClause?.namedBindings
  if (bindings === undefined || !(ts.isNamedImports(bindings) || ts.isNamedExports(bindings))) return ['*']
  return bindings.elements.map((element) => (element.propertyName ?? element.name).text)
}

function isTypeOnly(statement: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(statement)) return statement.isTypeOnly
  const clause = statement.importClause
  if (clause === undefined) return false
  if (clause.isTypeOnly) return true
  const named = clause.namedBindings
  return clause.name === undefined && named !== undefined && ts.isNamedImports(named) && named.elements.every((element) => element.isTypeOnly)
}

export function visitNodes(source: ts.SourceFile, see: (node: ts.Node) => void): void {
  const visit = (node: ts.Node): void => {
    see(node)
    ts.forEachChild(node, visit)
  }
  visit(source)
}

/** Counted from 1. */
export function lineOf(source: ts.SourceFile, position: number): number {
  return source.getLineAndCharacterOfPosition(position).line + 1
}

/** The keys of the object literal that `const name` is. */
export function keysOf(path: string, name: string): string[] {
  const keys: string[] = []
  const source = sources.get(path)
  if (source === undefined) return keys
  visitNodes(source, (node) => {
    if (!ts.isVariableDeclaration(node) || node.name.getText() !== name || node.initializer === undefined) return
    let value = node.initializer
    while (ts.isAsExpression(value) || ts.isSatisfiesExpression(value)) value = value.expression
    if (ts.isObjectLiteralExpression(value)) for (const { name } of value.properties) if (name !== undefined) keys.push(name.getText())
  })
  return keys
}
