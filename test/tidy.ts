/* The rules of the house, as one test, so that the files are read once. */
import './tidy/imports'
import './tidy/style'
import './tidy/used'
