import type { Call } from './request'

/** Fields that OpenAI's own clients do not know. */
const EXTRA = ['top_k', 'repetition_penalty']

export function curl({ path, body }: Call, origin: string): string {
  // Within single quotes a shell reads everything as it stands, but the quote itself.
  const json = JSON.stringify({ ...body, stream: true }, null, 2).replaceAll("'", "'\\''")
  return `curl -N '${origin}${path}' \\\n  -H 'Content-Type: application/json' \\\n  -d '${json}'\n`
}

export function python({ kind, body }: Call, origin: string): string {
  const known = Object.entries({ model: '', ...body }).filter(([name]) => !EXTRA.includes(name))
  const extra = Object.fromEntries(Object.entries(body).filter(([name]) => EXTRA.includes(name)))
  const lines = known.map(([name, value]) => `    ${name}=${literal(value, 1)},`)
  if (Object.keys(extra).length) lines.push(`    extra_body=${literal(extra, 1)},`)
  const call = kind === 'chat' ? 'client.chat.completions.create' : 'client.completions.create'
  const text = kind === 'chat' ? 'choice.delta.content or ""' : 'choice.text'
  return [
    '# pip install openai',
    'from openai import OpenAI',
    '',
    `client = OpenAI(base_url="${origin}/v1", api_key="none")`,
    `stream = ${call}(`,
    ...lines,
    '    stream=True,',
    ')',
    'for chunk in stream:',
    '    for choice in chunk.choices:',
    `        print(${text}, end="", flush=True)`,
    'print()',
    '',
  ].join('\n')
}

/** Without a library: Node 20 and newer, or a page of this server. */
export function javascript({ kind, path, body }: Call, origin: string): string {
  const text = kind === 'chat' ? 'choice?.message.content' : 'choice?.text'
  return [
    `const response = await fetch(${JSON.stringify(origin + path)}, {`,
    "  method: 'POST',",
    "  headers: { 'Content-Type': 'application/json' },",
    `  body: JSON.stringify(${JSON.stringify(body, null, 2).replaceAll('\n', '\n  ')}),`,
    '})',
    'const answer = await response.json()',
    'if (!response.ok) throw new Error(answer.error.message)',
    'const choice = answer.choices[0]',
    `console.log(${text})`,
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
