// One personal data server and the directory of identities, in this process, until standard input ends.
// node --require loopback.cjs network.mjs FOLDER   (FOLDER holds node_modules)
// The first line of output is JSON with their addresses.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

// Not the package's index: that loads the AppView too, which nothing here needs.
const file = join(process.argv[2], 'node_modules/@atproto/dev-env/dist/network-no-appview.js')
const { TestNetworkNoAppView } = await import(pathToFileURL(file).href)

const network = await TestNetworkNoAppView.create({})
const address = (server) => `http://127.0.0.1:${server.port}`
process.stdout.write(JSON.stringify({ pds: address(network.pds), plc: address(network.plc) }) + '\n')

process.stdin.resume()
process.stdin.on('end', () => {
  // What still streams would keep a graceful end waiting.
  setTimeout(() => process.exit(0), 2000).unref()
  network.close().finally(() => process.exit(0))
})
