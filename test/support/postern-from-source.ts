import { registerHooks } from 'node:module'

/** For `node --import`: programs that import `postern/sdk` and `postern/mcp` get them as they stand in the source, without a build. */
const SOURCES: Readonly<Record<string, string>> = {
  'postern/sdk': new URL('../../src/sdk/index.ts', import.meta.url).href,
  'postern/mcp': new URL('../../src/sdk/mcp/index.ts', import.meta.url).href,
}

registerHooks({
  resolve: (specifier, context, next) => {
    const url = SOURCES[specifier]
    return url === undefined ? next(specifier, context) : { url, shortCircuit: true }
  },
})
