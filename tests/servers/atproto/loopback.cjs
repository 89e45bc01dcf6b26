// Preloaded: whatever listens in this process listens on 127.0.0.1 alone. The servers of the
// network take a port and no host, which would open them to everybody who reaches this machine.
'use strict'
const net = require('node:net')
const listen = net.Server.prototype.listen

net.Server.prototype.listen = function (...given) {
  const first = given[0]
  if (first !== null && typeof first === 'object') {
    if ('port' in first) given[0] = { ...first, host: '127.0.0.1' }
  } else if (typeof given[1] === 'string') {
    given[1] = '127.0.0.1'
  } else {
    given.splice(Math.min(1, given.length), 0, ...(given.length ? ['127.0.0.1'] : [0, '127.0.0.1']))
  }
  return listen.apply(this, given)
}
