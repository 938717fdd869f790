// Node's own fetch.
const headers = process.env.AUTH ? { authorization: `Bearer ${process.env.AUTH}` } : {}
const base = process.env.BASE_URL ?? 'https://api.github.com'
const allowed = await fetch(`${base}/repos/acme-corp/backend/pulls/42`, { headers })
const denied = await fetch(`${base}/repos/acme-corp/prod-payments/pulls/3/reviews`, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: '{"event":"APPROVE"}' })
console.log(JSON.stringify({ allowed: allowed.status, title: (await allowed.json()).title, denied: denied.status, code: (await denied.json()).postern.code }))
