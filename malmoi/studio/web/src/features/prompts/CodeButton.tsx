import { useState } from 'react'
import { Button } from 'react-aria-components'
import type { Generation } from '../../api/completions'
import { useLanguage } from '../../i18n/language'
import { CopyButton } from '../../ui/CopyButton'
import { Icon } from '../../ui/Icon'
import { Segments } from '../../ui/Segments'
import { Window } from '../../ui/Window'
import { curl, python } from './code'

type Form = 'curl' | 'python'

/** The same request as a program would send it. */
export function CodeButton({ generation }: { generation: () => Generation }) {
  const { t } = useLanguage()
  const [shown, setShown] = useState<Generation | null>(null)
  const [form, setForm] = useState<Form>('curl')
  const write = form === 'curl' ? curl : python
  const code = shown ? write(shown, location.origin) : ''
  return (
    <>
      <Button className="button" onPress={() => setShown(generation())}>
        <Icon name="code" />
        {t('code.open')}
      </Button>
      <Window title={t('code.title')} isOpen={shown !== null} onClose={() => setShown(null)}>
        <div className="toolbar">
          <Segments<Form>
            label={t('code.form')}
            options={[
              { id: 'curl', name: 'curl' },
              { id: 'python', name: 'Python' },
            ]}
            value={form}
            onChange={setForm}
          />
          <span className="toolbar-space" />
          <CopyButton text={() => code} />
        </div>
        <pre className="code mono" tabIndex={0}>
          {code}
        </pre>
      </Window>
    </>
  )
}
