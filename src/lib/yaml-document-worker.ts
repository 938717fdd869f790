import { parentPort } from 'node:worker_threads'
import { parseYamlText } from './yaml-document-parse.ts'

// Runs in the thread that yaml-document.ts starts: says that it is ready, then parses each text that it is sent.
const port = parentPort
if (port === null) throw new TypeError('yaml-document-worker runs in a worker thread only')
port.on('message', (text: string) => port.postMessage(parseYamlText(text)))
port.postMessage('ready')
