import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Dialog, Popover, type PopoverProps } from 'react-aria-components'
import { send } from '../api/client'
import { about } from '../api/queries'
import { session } from '../api/session'
import { useLanguage, type Language } from '../i18n/language'
import { Button } from '../ui/Button/Button'
import { classes } from '../ui/classes'
import over from '../ui/popover.module.css'
import { Segments } from '../ui/Segments'
import { useTheme, type Theme } from '../ui/theme'
import css from './SettingsSheet.module.css'

const LANGUAGES: { id: Language; name: string }[] = [
  { id: 'ko', name: '한국어' },
  { id: 'en', name: 'English' },
]

/** Language and theme, both remembered; who is signed in; the version. */
export default function SettingsSheet(place: Pick<PopoverProps, 'triggerRef' | 'isOpen' | 'onOpenChange'>) {
  const { t, language, setLanguage } = useLanguage()
  const [theme, setTheme] = useTheme()
  const { data } = useQuery(about())
  const themes: { id: Theme; name: string }[] = [
    { id: 'system', name: t('theme.system') },
    { id: 'light', name: t('theme.light') },
    { id: 'dark', name: t('theme.dark') },
  ]
  return (
    <Popover {...place} className={classes(over.popover, css.settings)} placement="top start">
      <Dialog aria-label={t('rail.settings')}>
        <p className={classes(css.label)}>{t('settings.language')}</p>
        <Segments label={t('settings.language')} options={LANGUAGES} value={language} onChange={setLanguage} />
        <p className={classes(css.label)}>{t('settings.theme')}</p>
        <Segments label={t('settings.theme')} options={themes} value={theme} onChange={setTheme} />
        <SignedIn />
        {data && <p className="quiet">{t('settings.version', { version: data.version })}</p>}
      </Dialog>
    </Popover>
  )
}

/** Whose session this is, and the way out of it; nothing in a studio without accounts. */
function SignedIn() {
  const { t } = useLanguage()
  const client = useQueryClient()
  const person = useQuery(session()).data?.person
  const leave = useMutation({
    mutationFn: () => send('/api/session', { method: 'DELETE' }),
    // Nothing that this person has seen stays for the next one at this browser.
    onSuccess: () => location.assign('/sign-in'),
    onError: () => void client.invalidateQueries({ queryKey: ['session'] }),
  })
  if (!person) return null
  return (
    <>
      <p className="field-label">{t('people.signed_in', { name: person.name })}</p>
      <Button isPending={leave.isPending} onPress={() => leave.mutate()}>
        {t('people.sign_out')}
      </Button>
    </>
  )
}
