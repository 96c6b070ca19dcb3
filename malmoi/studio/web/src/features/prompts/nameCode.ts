/** How a program calls a saved prompt by its name. Any client that takes a base address can: nothing else is new to it. */
export function namePython(title: string, isChat: boolean, origin: string): string {
  const call = isChat
    ? 'client.chat.completions.create(model="", messages=[{"role": "user", "content": "안녕하세요"}])'
    : 'client.completions.create(model="", prompt="")'
  return [
    '# pip install openai',
    'from openai import OpenAI',
    '',
    `client = OpenAI(base_url="${address(title, origin)}", api_key="none")`,
    `answer = ${call}`,
    `print(answer.choices[0].${isChat ? 'message.content' : 'text'})`,
    '',
  ].join('\n')
}

export function nameCurl(title: string, isChat: boolean, origin: string): string {
  const path = isChat ? 'chat/completions' : 'completions'
  const body = isChat ? '{"messages": [{"role": "user", "content": "안녕하세요"}]}' : '{"prompt": ""}'
  return `curl '${address(title, origin)}/${path}' \\\n  -H 'Content-Type: application/json' \\\n  -d '${body}'\n`
}

/** encodeURIComponent leaves ' as it is, which would end a shell's quotes. */
function address(title: string, origin: string): string {
  return `${origin}/v1/prompts/${encodeURIComponent(title).replaceAll("'", '%27')}`
}
