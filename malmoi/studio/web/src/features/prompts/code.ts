import type { Generation } from '../../api/completions'

/** Fields that OpenAI's own client does not know; they travel in `extra_body`. */
const EXTRA = ['top_k', 'repetition_penalty']

export function curl({ path, body }: Generation, origin: string): string {
  const json = JSON.stringify({ ...body, stream: true }, null, 2).replaceAll("'", "'\\''")
  return `curl -N ${origin}${path} \\\n  -H 'Content-Type: application/json' \\\n  -d '${json}'\n`
}

export function python({ path, body }: Generation, origin: string): string {
  const isChat = path === '/v1/chat/completions'
  const known = Object.entries(body).filter(([name]) => !EXTRA.includes(name))
  const extra = Object.fromEntries(Object.entries(body).filter(([name]) => EXTRA.includes(name)))
  const lines = known.map(([name, value]) => `    ${name}=${literal(value, 1)},`)
  if (Object.keys(extra).length) lines.push(`    extra_body=${literal(extra, 1)},`)
  const call = isChat ? 'client.chat.completions.create' : 'client.completions.create'
  const text = isChat ? 'chunk.choices[0].delta.content or ""' : 'chunk.choices[0].text'
  return [
    'from openai import OpenAI',
    '',
    `client = OpenAI(base_url="${origin}/v1", api_key="none")`,
    `stream = ${call}(`,
    ...lines,
    '    stream=True,',
    ')',
    'for chunk in stream:',
    `    print(${text}, end="", flush=True)`,
    '',
  ].join('\n')
}

/** A JSON value as a Python literal. JSON's string escapes are valid in Python, so strings stay as they are. */
function literal(value: unknown, depth: number): string {
  const inner = '    '.repeat(depth + 1)
  const outer = '    '.repeat(depth)
  if (value === null || value === undefined) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (Array.isArray(value)) {
    if (value.every((one) => typeof one !== 'object')) return `[${value.map((one) => literal(one, 0)).join(', ')}]`
    return `[\n${value.map((one) => `${inner}${literal(one, depth + 1)},\n`).join('')}${outer}]`
  }
  if (typeof value === 'object') {
    const pairs = Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}: ${literal(one, depth + 1)}`)
    return `{${pairs.join(', ')}}`
  }
  return JSON.stringify(value)
}
