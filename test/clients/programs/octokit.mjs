// An ordinary Octokit program: BASE_URL (optional) and AUTH (optional) are all that Postern changes.
import { Octokit } from '@octokit/rest'

const octokit = new Octokit({
  ...(process.env.BASE_URL ? { baseUrl: process.env.BASE_URL } : {}),
  ...(process.env.AUTH ? { auth: process.env.AUTH } : {}),
})

const { data } = await octokit.rest.pulls.get({ owner: 'acme-corp', repo: 'backend', pull_number: 42 })
const review = await octokit.rest.pulls.createReview({ owner: 'acme-corp', repo: 'backend', pull_number: 42, event: 'COMMENT', body: 'Looks right.' })
const pages = await octokit.paginate(octokit.rest.pulls.list, { owner: 'acme-corp', repo: 'backend', per_page: 2 })
let denied
try {
  await octokit.rest.pulls.merge({ owner: 'acme-corp', repo: 'prod-payments', pull_number: 3 })
} catch (error) {
  denied = { name: error.name, status: error.status, message: error.message, code: error.response?.data?.postern?.code }
}
console.log(JSON.stringify({ title: data.title, review: review.status, pages: pages.length, denied }))
