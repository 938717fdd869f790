import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Beside `src/` or `dist/`, in the checkout as in the package. */
export const PACKAGE_ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** Comes with the package: the integrations that its policies are written for. */
export const EXAMPLE_CONFIG = join(PACKAGE_ROOT, 'config', 'postern.example.yaml')
