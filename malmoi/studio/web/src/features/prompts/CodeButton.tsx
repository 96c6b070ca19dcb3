import { useState } from 'react'
import { useLanguage } from '../../i18n/language'
import { Button } from '../../ui/Button/Button'
import { CodeBlock } from '../../ui/CodeBlock/CodeBlock'
import { Icon } from '../../ui/Icon'
import { Segments } from '../../ui/Segments'
import { Window } from '../../ui/Window'
import { curl, javascript, python } from './code'
import type { Call } from './request'

const FORMS = { curl, python, javascript }
type Form = keyof typeof FORMS
const NAMES: { id: Form; name: string }[] = [
  { id: 'curl', name: 'curl' },
  { id: 'python', name: 'Python' },
  { id: 'javascript', name: 'JavaScript' },
]

/** The same request as a program would send it. */
export function CodeButton({ call }: { call: () => Call }) {
  const { t } = useLanguage()
  const [shown, setShown] = useState<Call | null>(null)
  const [form, setForm] = useState<Form>('curl')
  return (
    <>
      <Button onPress={() => setShown(call())}>
        <Icon name="code" />
        {t('code.open')}
      </Button>
      <Window title={t('code.title')} isOpen={shown !== null} onClose={() => setShown(null)}>
        <Segments<Form> label={t('code.form')} options={NAMES} value={form} onChange={setForm} />
        {shown && <CodeBlock code={FORMS[form](shown, location.origin)} label={t('code.title')} />}
      </Window>
    </>
  )
}
