// Writes docs/openapi.json, the description of the admin API, from its routes:
//   node scripts/openapi.ts
import { writeFileSync } from 'node:fs'
import { openApiDocument } from '../src/authority/admin/openapi-document.ts'

const OUTPUT = new URL('../docs/openapi.json', import.meta.url)

writeFileSync(OUTPUT, `${JSON.stringify(openApiDocument(), undefined, 2)}\n`)
